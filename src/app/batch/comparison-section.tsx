/** What batching buys on this machine, measured when asked. */
import { formatRate, formatRatio } from '../format';
import { useApp } from '../state/use-app';
import { Section } from '../ui/page';
import { strings } from './strings';
import type { Comparison } from './types';

export function ComparisonSection() {
  const comparison = useApp((state) => state.comparison);
  const step = useApp((state) => state.comparisonStep);
  const phase = useApp((state) => state.batchPhase);
  const isElsewhere = useApp((state) => state.batchElsewhere);
  const compareBatch = useApp((state) => state.compareBatch);
  const stopBatch = useApp((state) => state.stopBatch);
  const isMeasuring = phase === 'measuring';
  const canMeasure = phase === 'idle' && !isElsewhere;
  return (
    <Section title={strings.comparison}>
      <p className="help batch-help">{strings.comparisonHelp}</p>
      <div className="page-moves">
        <button
          type="button"
          className="edged-button"
          aria-disabled={!canMeasure && !isMeasuring}
          onClick={() => {
            if (isMeasuring) stopBatch();
            else if (canMeasure) void compareBatch();
          }}
        >
          {isMeasuring ? strings.stop : comparison ? strings.measureAgain : strings.measure}
        </button>
        {step && <p className="help">{strings.measuringStep(step)}</p>}
      </div>
      {comparison && !isMeasuring && <Outcome comparison={comparison} />}
    </Section>
  );
}

function Outcome({ comparison }: { readonly comparison: Comparison }) {
  const { singly, sideBySide, ratio, lowestRatio, highestRatio, prompts, sameAnswers } = comparison;
  const fastest = Math.max(singly, sideBySide);
  return (
    <div className="comparison">
      <p className="comparison-ratio">{(ratio < 1 ? strings.slower : strings.ratio)({ ratio: formatRatio(ratio) })}</p>
      <Bar name={strings.sideBySide} rate={sideBySide} share={sideBySide / fastest} isEmber />
      <Bar name={strings.singly} rate={singly} share={singly / fastest} />
      <p className="help batch-help">
        {strings.ratioDetail({
          sideBySide: formatRate(sideBySide),
          singly: formatRate(singly),
          prompts,
          lowest: formatRatio(lowestRatio),
          highest: formatRatio(highestRatio),
        })}{' '}
        {sameAnswers ? strings.sameAnswers : strings.otherAnswers}
      </p>
    </div>
  );
}

interface BarProps {
  readonly name: string;
  readonly rate: number;
  /** Of the fastest, 0 to 1. */
  readonly share: number;
  readonly isEmber?: boolean;
}

function Bar({ name, rate, share, isEmber = false }: BarProps) {
  return (
    <div className="comparison-bar">
      <span>{name}</span>
      <span className="comparison-track" data-ember={isEmber}>
        <span style={{ inlineSize: `${100 * share}%` }} />
      </span>
      <span className="comparison-rate">{strings.speed({ rate: formatRate(rate) })}</span>
    </div>
  );
}
