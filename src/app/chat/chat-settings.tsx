/** What is set for this chat alone: what the model is told first, how it answers, and presets of both. */
import { lazy, Suspense, useId, useState, type SyntheticEvent } from 'react';
import { findModel } from '../../catalog/catalog';
import { useApp } from '../state/use-app';
import { DeleteIcon } from './icons';
import { readField, readStops, samplingFields, withField, type SamplingField } from './sampling-fields';
import { strings } from './strings';

const PromptInspector = lazy(() => import('./prompt-inspector'));

export default function ChatSettings() {
  const systemPrompt = useApp((state) => state.openedChat.systemPrompt);
  const setChatSettings = useApp((state) => state.setChatSettings);
  const [inspecting, setInspecting] = useState(false);
  const id = useId();
  return (
    <div className="chat-settings">
      <Presets />
      <div className="field">
        <label htmlFor={id}>{strings.systemPrompt}</label>
        <p className="help">{strings.systemPromptHelp}</p>
        <textarea
          id={id}
          rows={4}
          dir="auto"
          value={systemPrompt}
          onChange={(event) => setChatSettings({ systemPrompt: event.target.value, presetId: null })}
        />
      </div>
      <div>
        <h3>{strings.sampling}</h3>
        <p className="help">{strings.samplingHelp}</p>
      </div>
      {samplingFields.map((field) => (
        <NumberField key={field.key} field={field} />
      ))}
      <StopsField />
      <details className="inspector-fold" onToggle={(event) => setInspecting(event.currentTarget.open)}>
        <summary>{strings.inspector}</summary>
        {inspecting && (
          <Suspense fallback={<p>{strings.inspectorWorking}</p>}>
            <PromptInspector />
          </Suspense>
        )}
      </details>
    </div>
  );
}

function NumberField({ field }: { readonly field: SamplingField }) {
  const { key, step } = field;
  const { name, help } = strings.fields[key];
  const value = useApp((state) => state.openedChat.sampling[key]);
  const sampling = useApp((state) => state.openedChat.sampling);
  const own = useApp(({ modelId }) => ownValue(modelId, key));
  const setChatSettings = useApp((state) => state.setChatSettings);
  /** What was typed that is no value; null when the chat's own value stands there. */
  const [wrong, setWrong] = useState<string | null>(null);
  const id = useId();

  function set(typed: string): void {
    const read = readField(field, typed);
    setWrong(read === 'wrong' ? typed : null);
    if (read !== 'wrong') setChatSettings({ sampling: withField(sampling, key, read), presetId: null });
  }

  return (
    <div className="field field-number">
      <label htmlFor={id}>{name}</label>
      <input
        id={id}
        type="number"
        inputMode="decimal"
        step={step}
        min={field.min}
        max={Number.isFinite(field.max) ? field.max : undefined}
        placeholder={own === undefined ? undefined : String(own)}
        value={wrong ?? value ?? ''}
        aria-invalid={wrong !== null}
        aria-describedby={`${id}-help`}
        onChange={(event) => set(event.target.value)}
      />
      <button
        type="button"
        className="quiet-button"
        aria-label={strings.resetField({ name })}
        aria-disabled={value === undefined && wrong === null}
        onClick={() => set('')}
      >
        {strings.reset}
      </button>
      <p className="help" id={`${id}-help`}>
        {wrong === null
          ? help
          : field.whole
            ? strings.wholeNumberFrom({ from: field.min })
            : strings.numberFromTo({ from: field.min, to: field.max })}
      </p>
    </div>
  );
}

function StopsField() {
  const sampling = useApp((state) => state.openedChat.sampling);
  const setChatSettings = useApp((state) => state.setChatSettings);
  /** As it is typed, with blank lines; null when what is set stands there. */
  const [typed, setTyped] = useState<string | null>(null);
  const id = useId();

  function set(text: string): void {
    const { stop: _, ...others } = sampling;
    const stop = readStops(text);
    setTyped(text);
    setChatSettings({ sampling: stop ? { ...others, stop } : others, presetId: null });
  }

  return (
    <div className="field">
      <label htmlFor={id}>{strings.stops}</label>
      <textarea
        id={id}
        rows={1}
        dir="auto"
        spellCheck={false}
        value={typed ?? sampling.stop?.join('\n') ?? ''}
        aria-describedby={`${id}-help`}
        onChange={(event) => set(event.target.value)}
        onBlur={() => setTyped(null)}
      />
      <p className="help" id={`${id}-help`}>
        {strings.stopsHelp}
      </p>
    </div>
  );
}

function ownValue(modelId: string, key: SamplingField['key']): number | undefined {
  const sampling = findModel(modelId)?.sampling;
  return key === 'maxTokens' ? undefined : sampling?.[key];
}

function Presets() {
  const presets = useApp((state) => state.presets);
  const presetId = useApp((state) => state.openedChat.presetId);
  const systemPrompt = useApp((state) => state.openedChat.systemPrompt);
  const sampling = useApp((state) => state.openedChat.sampling);
  const setChatSettings = useApp((state) => state.setChatSettings);
  const savePreset = useApp((state) => state.savePreset);
  const deletePreset = useApp((state) => state.deletePreset);
  const [name, setName] = useState('');
  const id = useId();
  const chosen = presets.find((preset) => preset.id === presetId);

  function choose(chosenId: string): void {
    const preset = presets.find((one) => one.id === chosenId);
    setChatSettings(
      preset
        ? { presetId: preset.id, systemPrompt: preset.systemPrompt, sampling: preset.sampling }
        : { presetId: null, systemPrompt: '', sampling: {} },
    );
  }

  function save(event: SyntheticEvent): void {
    event.preventDefault();
    const trimmed = name.trim();
    if (trimmed === '') return;
    const present = presets.find((preset) => preset.name === trimmed);
    void savePreset({ ...(present ? { id: present.id } : {}), name: trimmed, systemPrompt, sampling });
    setName('');
  }

  return (
    <>
      {presets.length > 0 && (
        <div className="field field-row">
          <label htmlFor={id}>{strings.preset}</label>
          <select id={id} value={chosen?.id ?? ''} onChange={(event) => choose(event.target.value)}>
            <option value="">{strings.noPreset}</option>
            {presets.map((preset) => (
              <option key={preset.id} value={preset.id}>
                {preset.name}
              </option>
            ))}
          </select>
          {chosen && (
            <button
              type="button"
              className="icon-button"
              aria-label={strings.deletePreset({ name: chosen.name })}
              onClick={() => void deletePreset(chosen.id)}
            >
              <DeleteIcon />
            </button>
          )}
        </div>
      )}
      <form className="field field-row" onSubmit={save}>
        <input
          aria-label={strings.presetName}
          placeholder={strings.presetName}
          value={name}
          maxLength={80}
          onChange={(event) => setName(event.target.value)}
        />
        <button type="submit" className="edged-button" disabled={name.trim() === ''}>
          {strings.savePreset}
        </button>
      </form>
    </>
  );
}
