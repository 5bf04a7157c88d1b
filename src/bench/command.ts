/* oxlint-disable no-console -- a command: its output is the point */
/**
 * `npm run bench`: reads the command line, has the benchmark run where scripts/bench.mjs says (in a browser, or in Node over
 * Dawn), and prints the report.
 */
import { parseArgs } from 'node:util';
import { KV_FORMATS } from '../kernels/shared/kv-pool';
import type { KvFormat } from '../kernels/shared/kv-pool';
import { HearthError } from '../lib/errors';
import type { BenchOptions, BenchProgress, BenchReport } from './bench';
import { SHAPES } from './shapes';
import { tableOf } from './table';

/** Runs the benchmark somewhere. */
export type RunBench = (
  wishes: Omit<BenchOptions, 'keepWeights' | 'peer' | 'signal' | 'onProgress'>,
  onProgress: (progress: BenchProgress) => void,
) => Promise<BenchReport>;

const USAGE = `npm run bench [-- options]

  --adapter node        in Node over Dawn, instead of in the browser (HEARTH_GPU=1: the real GPU, for both)
  --shapes A,B          of ${SHAPES.map(({ name }) => name).join(', ')}; all that fit if absent
  --rounds 7            repeats of every figure
  --contexts 128,2048   positions before a decoded token
  --prompts 16,128      lengths of prompts
  --budget 60           seconds of a shape beyond which one layer is timed for all
  --tuned               the kernels are tuned first, and timed in turns with the defaults, which all other figures show
  --kv f16,int8         how keys and values are stored; decode is timed with each of several
  --kernels             each kernel by itself as well, judged against its twin first
  --json                the report as JSON`;

/**
 * @param args the command line after the command.
 * @param run where the benchmark runs
 * @throws HearthError `bad-request` for an option that cannot be read.
 */
export async function main(args: string[], run: RunBench): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      adapter: { type: 'string' },
      shapes: { type: 'string' },
      rounds: { type: 'string' },
      contexts: { type: 'string' },
      prompts: { type: 'string' },
      budget: { type: 'string' },
      tuned: { type: 'boolean', default: false },
      kv: { type: 'string' },
      kernels: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return console.log(USAGE);
  const budget = positive('budget', values.budget);
  let last = '';
  const report = await run(
    {
      shapes: values.shapes?.split(','),
      rounds: positive('rounds', values.rounds),
      contexts: values.contexts?.split(',').map((text) => positive('contexts', text)),
      prompts: values.prompts?.split(',').map((text) => positive('prompts', text)),
      budgetMs: budget && 1000 * budget,
      tuned: values.tuned,
      kvFormats: values.kv?.split(',').map(kvFormat),
      kernels: values.kernels,
    },
    ({ share, shape }) => {
      const line = `${Math.round(100 * share)} %: ${shape ?? 'what this device can do at best'}`;
      if (line !== last) console.error(line);
      last = line;
    },
  );
  console.log(values.json ? JSON.stringify(report, null, 2) : tableOf(report));
}

function kvFormat(text: string): KvFormat {
  const known = KV_FORMATS.find((format) => format === text);
  if (known) return known;
  throw new HearthError(
    'bad-request',
    `--kv was "${text}"; it takes ${KV_FORMATS.join(', ')}, or several with commas between.`,
  );
}

function positive(option: string, text: string): number;
function positive(option: string, text: string | undefined): number | undefined;
function positive(option: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (Number.isSafeInteger(value) && value > 0) return value;
  throw new HearthError('bad-request', `--${option} was "${text}"; it takes whole numbers from 1 on.`, { hint: USAGE });
}
