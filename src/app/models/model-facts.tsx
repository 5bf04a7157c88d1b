/** What a model takes: to download, on the disk, in memory at the chosen context. The context is chosen here. */
import { useId } from 'react';
import { findModel } from '../../catalog/catalog';
import type { ModelReport } from '../../client';
import { formatBytes } from '../format';
import { useApp } from '../state/use-app';
import { needOf } from './fit';
import { strings } from './strings';

interface FactsProps {
  readonly report: ModelReport;
  readonly label: string;
}

export function ModelFacts({ report, label }: FactsProps) {
  const { modelId, storedBytes, source } = report;
  const entry = findModel(modelId);
  const contextLength = useContextLength(report);
  const need = needOf(report, contextLength);
  const memory = need && formatBytes(need.bytes);
  return (
    <dl className="card-facts">
      {entry && <Fact name={strings.fact.download} value={formatBytes(entry.downloadBytes)} />}
      <Fact name={strings.fact.disk} value={diskUse(report, storedBytes)} />
      {entry && <Fact name={strings.fact.licence} value={entry.licence} />}
      {need && <ContextChoice report={report} label={label} contextLength={contextLength} />}
      {memory && <Fact name={strings.fact.memory} value={source ? memory : strings.about({ size: memory })} />}
    </dl>
  );
}

function Fact({ name, value }: { readonly name: string; readonly value: string }) {
  return (
    <div className="fact">
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}

function diskUse({ state }: ModelReport, storedBytes: number): string {
  if (storedBytes === 0) return strings.notYet;
  const size = formatBytes(storedBytes);
  return state === 'partial' ? strings.kept({ size }) : size;
}

interface ContextChoiceProps {
  readonly report: ModelReport;
  readonly label: string;
  readonly contextLength: number;
}

function ContextChoice({ report, label, contextLength }: ContextChoiceProps) {
  const chooseContext = useApp((state) => state.chooseContext);
  const id = useId();
  const lengths = report.contexts.map((one) => one.contextLength);
  const options = lengths.includes(contextLength) ? lengths : [...lengths, contextLength].sort((a, b) => a - b);
  return (
    <div className="fact">
      <dt>
        <label htmlFor={id}>{strings.fact.context}</label>
      </dt>
      <dd>
        <select
          id={id}
          className="context-choice"
          aria-label={strings.contextFor({ model: label })}
          value={contextLength}
          onChange={(event) => chooseContext(report.modelId, Number(event.target.value))}
        >
          {options.map((length) => (
            <option key={length} value={length}>
              {strings.contextOption({ tokens: length })}
            </option>
          ))}
        </select>
      </dd>
    </div>
  );
}

/** What a person has chosen, or else what the engine would take. */
export function useContextLength({ modelId, defaultContextLength }: ModelReport): number {
  return useApp(({ contextLengths }) => contextLengths[modelId]) ?? defaultContextLength;
}
