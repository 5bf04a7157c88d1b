/** How much context a model is to be loaded with: a name and its field, side by side in a list of facts. */
import { useId } from 'react';
import type { ContextCost } from '../../client';
import { useApp } from '../state/use-app';
import { strings } from './strings';

interface SelectProps {
  readonly modelId: string;
  readonly label: string;
  readonly contexts: readonly ContextCost[];
  /** In tokens; not one of `contexts` perhaps. */
  readonly chosen: number;
}

export function ContextSelect({ modelId, label, contexts, chosen }: SelectProps) {
  const chooseContext = useApp((state) => state.chooseContext);
  const id = useId();
  const lengths = contexts.map((one) => one.contextLength);
  const options = lengths.includes(chosen) ? lengths : [...lengths, chosen].sort((a, b) => a - b);
  return (
    <>
      <dt>
        <label htmlFor={id}>{strings.fact.context}</label>
      </dt>
      <dd>
        <select
          id={id}
          className="context-choice"
          aria-label={strings.contextFor({ model: label })}
          value={chosen}
          onChange={(event) => chooseContext(modelId, Number(event.target.value))}
        >
          {options.map((length) => (
            <option key={length} value={length}>
              {strings.contextOption({ tokens: length })}
            </option>
          ))}
        </select>
      </dd>
    </>
  );
}
