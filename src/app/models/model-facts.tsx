/** What a model takes: to download, on the disk, in memory at the chosen context. The context is chosen here. */
import { findModel, licenceName } from '../../catalog/catalog';
import type { ModelReport } from '../../client';
import { formatBytes } from '../format';
import { speedOf } from '../state/offer-slice';
import { useApp } from '../state/use-app';
import { ContextSelect } from './context-select';
import { saySpeed } from './figures';
import { needOf } from './fit';
import { strings as offerStrings } from './offer-strings';
import { tokensPerSecond } from './speed';
import { strings } from './strings';

interface FactsProps {
  readonly report: ModelReport;
  readonly label: string;
}

export function ModelFacts({ report, label }: FactsProps) {
  const { modelId, storedBytes, source, contexts } = report;
  const entry = findModel(modelId);
  const contextLength = useContextLength(report);
  const need = needOf(report, contextLength);
  const speed = useApp(speedOf);
  const rate = speed && tokensPerSecond(report, contextLength, speed);
  const memory = need && formatBytes(need.bytes);
  return (
    <dl className="card-facts">
      {entry && <Fact name={strings.fact.download} value={formatBytes(entry.downloadBytes)} />}
      <Fact name={strings.fact.disk} value={diskUse(report, storedBytes)} />
      {entry && <Fact name={strings.fact.licence} value={licenceName(entry)} />}
      {need && (
        <div className="fact">
          <ContextSelect modelId={modelId} label={label} contexts={contexts} chosen={contextLength} />
        </div>
      )}
      {memory && <Fact name={strings.fact.memory} value={source ? memory : strings.about({ size: memory })} />}
      {rate && <Fact name={offerStrings.fact.speed} value={saySpeed(rate)} />}
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

/** What a person has chosen, or else what the engine would take. */
export function useContextLength({ modelId, defaultContextLength }: ModelReport): number {
  return useApp(({ contextLengths }) => contextLengths[modelId]) ?? defaultContextLength;
}
