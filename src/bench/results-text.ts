/** Measurements as the tables of bench/RESULTS.md. */
import { type Figure, noiseOf } from '../lib/figure';
import { HearthError } from '../lib/errors';
import type { BenchReport } from './bench';
import type { KernelReport } from './kernel-bench';
import type { ModelReport, SpeedAt } from './model-bench';

/** Reports of one device, with what they were taken on. */
export interface Measurement {
  readonly measuredAt: string;
  readonly machine: string;
  readonly command: string;
  readonly reports: readonly BenchReport[];
}

const BEGIN = '<!-- measured: npm run bench:results writes what stands up to the next mark -->';
const END = '<!-- measured up to here -->';

/** A kernel this near a ceiling is bound by it. */
const NEAR = 0.6;

/** @throws HearthError `bad-request` where the text has no marks to write between. */
export function withMeasured(text: string, measured: string): string {
  const [begin, end] = [text.indexOf(BEGIN), text.indexOf(END)];
  if (begin < 0 || end < begin) {
    throw new HearthError('bad-request', `RESULTS.md should hold the lines "${BEGIN}" and "${END}"; put them back.`);
  }
  return `${text.slice(0, begin + BEGIN.length)}\n\n${measured}\n${text.slice(end)}`;
}

export function resultsOf({ measuredAt, machine, command, reports }: Measurement): string {
  const models = reports.flatMap((report) => report.models);
  const noisy = [...new Set(reports.flatMap((report) => report.noisy))];
  const [first] = reports;
  if (!first) return '';
  const { device, userAgent, ceilings } = first;
  const per = ({ median, low, high }: Figure, unit: number) => {
    const range = noiseOf({ median, low, high }) > 0.02 ? ` (${digits(low / unit)}–${digits(high / unit)})` : '';
    return `${digits(median / unit)}${range}`;
  };
  const peers = models.filter(({ peer }) => peer !== null && (peer.decode.length > 0 || peer.failure !== null));
  return [
    `### ${device.adapter}`,
    '',
    `Measured ${measuredAt.slice(0, 10)} on ${machine} (${userAgent}) by \`${command}\`: medians, with the interval of the`,
    'rounds where it is wider than 2 %.',
    ...(noisy.length > 0 ? [`The machine was busy with something else; unsure: ${noisy.join(', ')}.`] : []),
    '',
    `Ceilings of this adapter, of the same run: reads ${per(ceilings.readBytesPerSecond, 2 ** 30)} GiB/s, copies ` +
      `${per(ceilings.copyBytesPerSecond, 2 ** 30)} GiB/s, ${per(ceilings.operationsPerSecond, 1e9)} GFLOP/s in f32, ` +
      `unpacks ${per(ceilings.unpackedPerSecond, 1e9)} G weights/s.`,
    '',
    'Default kernels. *Of foretold*: in the time measured, that of the shortest context times as many bytes of weights, keys and values.',
    '',
    ...table(
      ['shape', 'what', 'tok/s', 'of reading', 'of foretold', 'of unpacking', 'of arithmetic'],
      models.flatMap(speedRows),
    ),
    '',
    ...table(
      ['shape', 'dispatches a layer, a token', 'encoding, ms', 'first use, ms', 'v(1…)'],
      models.map((model) => [
        model.shape,
        `${model.dispatchesPerLayer}, ${model.dispatchesPerToken}`,
        digits(model.encodeMs.median),
        digits(model.firstUseMs),
        model.verify.map(({ median }) => median.toFixed(2)).join(' '),
      ]),
    ),
    ...(peers.length > 0
      ? ['', ...table(['shape', 'beside', 'what', 'its tok/s', 'ours'], peers.flatMap(peerRows))]
      : []),
    ...models.filter(({ kernels }) => kernels.length > 0).flatMap(kernelTable),
    '',
  ].join('\n');
}

function speedRows({ shape, layers, layersTimed, decode, prefill }: ModelReport): string[][] {
  const name = layers === layersTimed ? shape : `${shape} (one layer and the head timed)`;
  const besideRows = (beside: SpeedAt['beside']) =>
    beside.map(({ how, tokensPerSecond, ratio }) => {
      const what = how === 'tuned' ? 'the same tuned' : `the same with ${how} KV`;
      return [name, `${what}, ${ratio.median.toFixed(2)} ×`, digits(tokensPerSecond.median), '', '', '', ''];
    });
  return [
    ...decode.flatMap(({ tokens, tokensPerSecond, beside, ...shares }) => [
      [
        name,
        `decode behind ${tokens}`,
        digits(tokensPerSecond.median),
        percent(shares.shareOfBandwidth),
        percent(shares.shareOfForetold),
        percent(shares.shareOfUnpacking),
        '',
      ],
      ...besideRows(beside),
    ]),
    ...prefill.flatMap(({ tokens, tokensPerSecond, beside, shareOfOperations }) => [
      [name, `prompt of ${tokens}`, digits(tokensPerSecond.median), '', '', '', percent(shareOfOperations)],
      ...besideRows(beside),
    ]),
  ];
}

function peerRows({ shape, peer }: ModelReport): string[][] {
  if (!peer) return [];
  const rows = [
    ...peer.decode.map((speed) => ({ ...speed, what: `decode behind ${speed.tokens}` })),
    ...peer.prefill.map((speed) => ({ ...speed, what: `prompt of ${speed.tokens}` })),
  ];
  const name = `${peer.name}, ${peer.device}`;
  return [
    ...rows.map(({ what, tokensPerSecond, ratio }) => {
      return [shape, name, what, digits(tokensPerSecond.median), `${ratio.median.toFixed(2)} ×`];
    }),
    ...(peer.failure === null ? [] : [[shape, name, peer.failure, '', '']]),
  ];
}

function kernelTable({ shape, kernels }: ModelReport): string[] {
  const launchMs = Math.min(...kernels.filter(isLaunch).map(({ ms }) => ms.median));
  const rows = kernels.map((kernel) => [
    kernel.step,
    kernel.part,
    kernel.kernel,
    String(kernel.dispatches),
    kernel.readBytes === 0 ? '' : digits(kernel.readBytes / 2 ** 20),
    kernel.ms.median.toFixed(3),
    percent(kernel.shareOfBandwidth),
    percent(kernel.shareOfUnpacking),
    percent(kernel.shareOfOperations),
    nextBottleneck(kernel, launchMs),
  ]);
  const head = [
    'step',
    'where',
    'kernel',
    'dispatches',
    'MiB each',
    'ms each',
    'reading',
    'unpacking',
    'arithmetic',
    'next bottleneck',
  ];
  return ['', `Kernels of ${shape}, each held against its twin before it was timed:`, '', ...table(head, rows)];
}

/** Neither weights nor keys nor products: what is timed is a launch and a few words. */
function isLaunch({ shareOfBandwidth, shareOfOperations }: KernelReport): boolean {
  return shareOfBandwidth === null && shareOfOperations === null;
}

/**
 * What would have to give next: the ceiling the kernel is near, or a launch where it takes hardly longer than one, or what no
 * ceiling measures (waiting for loads, barriers, too few threads).
 * @param launchMs the shortest dispatch that does nearly nothing
 */
export function nextBottleneck(kernel: KernelReport, launchMs: number): string {
  const limits: [string, number | null][] = [
    ['reading', kernel.shareOfBandwidth],
    ['unpacking', kernel.shareOfUnpacking],
    ['arithmetic', kernel.shareOfOperations],
  ];
  if (isLaunch(kernel)) return 'the launch';
  const [name, share] = limits.reduce((most, one) => ((one[1] ?? 0) > (most[1] ?? 0) ? one : most));
  if ((share ?? 0) >= NEAR) return name;
  return kernel.ms.median < 2 * launchMs ? 'the launch' : `waiting; ${name} is nearest`;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)];
}

function percent(share: number | null): string {
  return share === null ? '' : `${(100 * share).toFixed(0)} %`;
}

/** Three digits, or whole numbers. */
function digits(value: number): string {
  return Math.abs(value) >= 100 ? value.toFixed(0) : String(Number(value.toPrecision(3)));
}
