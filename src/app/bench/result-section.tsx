/** A report as a person reads it: one large figure for each shape, its share of the limit, and the rest below. */
import { useState } from 'react';
import type { BenchModelReport, BenchReport, Figure } from '../../client';
import { Fact } from '../diagnostics/facts';
import { formatBytes, formatRate, formatShare } from '../format';
import { locale } from '../strings';
import { Section } from '../ui/page';
import type { KeptResult } from './kept-result';
import { strings } from './strings';

export function ResultSection({ result: { measuredAt, report } }: { readonly result: KeptResult }) {
  const when = new Date(measuredAt).toLocaleString(locale(), { dateStyle: 'long', timeStyle: 'short' });
  return (
    <>
      <Section title={strings.result}>
        <p>{strings.resultOf({ when, adapter: report.device.adapter })}</p>
        <Noise report={report} />
        <CopyReport report={report} />
        {report.skipped.map(({ shape, reason }) => (
          <p key={shape}>
            {strings.skipped({ shape })} <span lang="en">{reason}</span>
          </p>
        ))}
      </Section>
      {report.models.map((model) => (
        <ModelResult key={model.shape} model={model} />
      ))}
      <Limits report={report} />
      <Guessing report={report} />
    </>
  );
}

function Noise({ report: { noisy } }: { readonly report: BenchReport }) {
  if (noisy.length === 0) return null;
  const parts = noisy.map((part) => (part === 'ceilings' ? strings.ceilings : part));
  return <p className="bench-noise">{strings.noisy({ parts: parts.join(', ') })}</p>;
}

function CopyReport({ report }: { readonly report: BenchReport }) {
  const [outcome, setOutcome] = useState<'copied' | 'copyFailed' | null>(null);
  async function copy(): Promise<void> {
    try {
      await navigator.clipboard.writeText(JSON.stringify(report, null, 2));
      setOutcome('copied');
    } catch {
      setOutcome('copyFailed');
    }
  }
  return (
    <div className="page-moves">
      <button type="button" className="edged-button" onClick={() => void copy()}>
        {strings.copy}
      </button>
      {/* oxlint-disable-next-line jsx-a11y/prefer-tag-over-role -- nothing is calculated here */}
      <span role="status">{outcome && strings[outcome]}</span>
    </div>
  );
}

function ModelResult({ model }: { readonly model: BenchModelReport }) {
  const { shape, decode, prefill, layers, layersTimed } = model;
  const first = decode[0];
  return (
    <Section title={shape}>
      {first && (
        <div className="bench-big">
          <p className="bench-rate">{strings.big({ rate: formatRate(first.tokensPerSecond.median) })}</p>
          <meter aria-label={strings.column.ofMemory} value={first.shareOfBandwidth} max={1} />
          <p className="help">{strings.bigOf({ share: formatShare(first.shareOfBandwidth), tokens: first.tokens })}</p>
        </div>
      )}
      {layersTimed < layers && <p>{strings.oneLayer({ layers })}</p>}
      <p>{kernelsText(model)}</p>
      <Speeds
        title={strings.writing}
        help={strings.writingHelp}
        columns={[strings.column.context, strings.column.ofMemory, strings.column.ofUnpacking]}
        rows={decode.map(({ shareOfBandwidth, shareOfUnpacking, ...row }) => {
          return { ...row, shares: [shareOfBandwidth, shareOfUnpacking] };
        })}
      />
      <Speeds
        title={strings.reading}
        help={strings.readingHelp}
        columns={[strings.column.prompt, strings.column.ofArithmetic]}
        rows={prefill.map(({ shareOfOperations, ...row }) => ({ ...row, shares: [shareOfOperations] }))}
      />
      <Details model={model} />
    </Section>
  );
}

function kernelsText({ tuning }: BenchModelReport): string {
  if (tuning === null) return strings.kernels.defaults;
  const count = tuning.points.filter(({ gain }) => gain > 1).length;
  return count === 0 ? strings.kernels.alike : strings.kernels.tuned({ count });
}

interface SpeedsProps {
  readonly title: string;
  readonly help: string;
  readonly columns: readonly [tokens: string, ...shares: string[]];
  readonly rows: readonly {
    readonly tokens: number;
    readonly tokensPerSecond: Figure;
    readonly beside: BenchModelReport['prefill'][number]['beside'];
    /** Of the device's limits, in the order of the columns. */
    readonly shares: readonly number[];
  }[];
}

function Speeds({ title, help, columns: [tokensColumn, ...shareColumns], rows }: SpeedsProps) {
  const lines = rows.flatMap(({ tokens, beside, shares, tokensPerSecond }) => {
    const name = tokens.toLocaleString(locale());
    const tuned = beside.filter(({ how }) => how === 'tuned');
    return [
      { name, tokensPerSecond, shares },
      ...tuned.map(({ ratio, ...own }) => {
        const reached = shares.map((share) => share * ratio.median);
        return { name: strings.tunedRow({ tokens: name }), tokensPerSecond: own.tokensPerSecond, shares: reached };
      }),
    ];
  });
  return (
    <div className="bench-speeds">
      <h4>{title}</h4>
      <p className="help">{help}</p>
      <table className="bench-table">
        <thead>
          <tr>
            {[tokensColumn, strings.column.speed, strings.column.between, ...shareColumns].map((column) => (
              <th key={column} scope="col">
                {column}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {lines.map(({ name, tokensPerSecond: { median, low, high }, shares }) => (
            <tr key={name}>
              <th scope="row">{name}</th>
              <td>{formatRate(median)}</td>
              <td>{strings.range({ low: formatRate(low), high: formatRate(high) })}</td>
              {shares.map((share, i) => (
                <td key={shareColumns[i]}>{formatShare(share)}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Details({ model }: { readonly model: BenchModelReport }) {
  const { fact } = strings;
  const ms = (value: number) => fact.milliseconds({ ms: formatAmount(value) });
  return (
    <details className="bench-details">
      <summary aria-label={strings.detailOf({ shape: model.shape })}>{strings.details}</summary>
      <dl className="facts">
        <Fact name={fact.firstToken}>{ms(model.timeToFirstTokenMs.median)}</Fact>
        <Fact name={fact.verify}>{model.verify.map(({ median }) => formatAmount(median)).join('  ')}</Fact>
        <Fact name={fact.dispatches}>
          {fact.dispatchesNow({ layer: model.dispatchesPerLayer, token: model.dispatchesPerToken })}
        </Fact>
        <Fact name={fact.encode}>{ms(model.encodeMs.median)}</Fact>
        <Fact name={fact.gap}>{ms(model.readbackGapMs.median)}</Fact>
        <Fact name={fact.weights}>{formatBytes(model.weightBytes)}</Fact>
        <Fact name={fact.memory}>{formatBytes(model.memoryBytes)}</Fact>
        <Fact name={fact.peak}>{formatBytes(model.peakMemoryBytes)}</Fact>
        <Fact name={fact.loading}>{perSecond(model.uploadBytesPerSecond)}</Fact>
        {model.cachedLoadBytesPerSecond && (
          <Fact name={fact.cachedLoading}>{perSecond(model.cachedLoadBytesPerSecond.median)}</Fact>
        )}
        <Fact name={fact.firstUse}>{ms(model.firstUseMs)}</Fact>
        {model.guessing && (
          <Fact name={fact.guessing({ drafts: model.guessing.drafts })}>
            {fact.guessingNow({
              gain: formatAmount(model.guessing.gain.median),
              foretold: formatAmount(model.guessing.foretoldGain),
              draft: formatAmount(model.guessing.draftCost),
              verify: formatAmount(model.guessing.verifyCost),
              right: formatShare(model.guessing.acceptance),
            })}
          </Fact>
        )}
      </dl>
    </details>
  );
}

function Limits({ report: { ceilings } }: { readonly report: BenchReport }) {
  const { limit } = strings;
  return (
    <Section title={strings.limits}>
      <p className="help">{strings.limitsHelp}</p>
      <dl className="facts">
        <Fact name={limit.read}>{perSecond(ceilings.readBytesPerSecond.median)}</Fact>
        <Fact name={limit.copy}>{perSecond(ceilings.copyBytesPerSecond.median)}</Fact>
        <Fact name={limit.compute}>
          {strings.operations({ amount: formatAmount(ceilings.operationsPerSecond.median / 1e9) })}
        </Fact>
        <Fact name={limit.unpack}>
          {strings.unpacked({ amount: formatAmount(ceilings.unpackedPerSecond.median / 1e9) })}
        </Fact>
      </dl>
    </Section>
  );
}

function Guessing({ report: { speculation } }: { readonly report: BenchReport }) {
  if (speculation.length === 0) return null;
  const shares = speculation[0]!.at.map(({ acceptance }) => acceptance);
  return (
    <Section title={strings.guessing}>
      <p className="help">{strings.guessingHelp}</p>
      {speculation.map(({ draft, target, at }) => (
        <dl key={target + draft} className="facts" aria-label={strings.pair({ draft, target })}>
          {at.map(({ drafts, gain }, i) => (
            <Fact
              key={shares[i]}
              name={`${strings.pair({ draft, target })}, ${strings.right({ share: formatShare(shares[i]!) })}`}
            >
              {strings.gain({ gain: formatAmount(gain), drafts })}
            </Fact>
          ))}
        </dl>
      ))}
    </Section>
  );
}

function perSecond(bytes: number): string {
  return strings.perSecond({ amount: formatAmount(bytes / 1e9) });
}

/** Three digits that count. */
function formatAmount(value: number): string {
  return value.toLocaleString(locale(), { maximumSignificantDigits: 3 });
}
