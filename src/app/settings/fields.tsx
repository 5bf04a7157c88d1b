/** The kinds of settings: one of a few, one of many, yes or no. */
import { useId } from 'react';

interface Choice<Value extends string> {
  value: Value;
  name: string;
}

interface FieldProps<Value> {
  readonly label: string;
  readonly help?: string;
  readonly onChange: (value: Value) => void;
}

interface ChoiceFieldProps<Value extends string> extends FieldProps<Value> {
  readonly value: Value;
  readonly choices: readonly Choice<Value>[];
}

/** A few choices side by side. */
export function ChoiceField<Value extends string>({ label, help, value, choices, onChange }: ChoiceFieldProps<Value>) {
  const id = useId();
  return (
    <fieldset className="field choice-field" aria-describedby={help ? `${id}-help` : undefined}>
      <legend>{label}</legend>
      <div className="choices">
        {choices.map((choice) => (
          <label key={choice.value} className="choice">
            <input type="radio" name={id} checked={choice.value === value} onChange={() => onChange(choice.value)} />
            <span>{choice.name}</span>
          </label>
        ))}
      </div>
      {help && (
        <p className="help" id={`${id}-help`}>
          {help}
        </p>
      )}
    </fieldset>
  );
}

interface SelectFieldProps<Value extends string> extends ChoiceFieldProps<Value> {
  readonly id: string;
}

export function SelectField<Value extends string>({ id, label, value, choices, onChange }: SelectFieldProps<Value>) {
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      <select
        id={id}
        value={value}
        onChange={(event) => {
          const chosen = choices.find((choice) => choice.value === event.target.value);
          if (chosen) onChange(chosen.value);
        }}
      >
        {choices.map((choice) => (
          <option key={choice.value} value={choice.value}>
            {choice.name}
          </option>
        ))}
      </select>
    </div>
  );
}

interface CheckFieldProps extends FieldProps<boolean> {
  readonly checked: boolean;
}

export function CheckField({ label, help, checked, onChange }: CheckFieldProps) {
  const id = useId();
  return (
    <div className="field check-field">
      <label className="check">
        <input
          type="checkbox"
          checked={checked}
          aria-describedby={help ? `${id}-help` : undefined}
          onChange={(event) => onChange(event.target.checked)}
        />
        {label}
      </label>
      {help && (
        <p className="help" id={`${id}-help`}>
          {help}
        </p>
      )}
    </div>
  );
}
