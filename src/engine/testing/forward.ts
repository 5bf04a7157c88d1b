/** Forwards on a Runner without requests: ids in, logits out. */
import type { Backend, DeviceBuffer } from '../../gpu/backend';
import type { PreparedStep } from '../../gpu/backend';
import { Recorder } from '../../gpu/recorder';
import type { Step } from '../../gpu/recorder';
import { BLOCK } from '../../kernels/shared/kv-pool';
import { invariant, present } from '../../lib/invariant';
import { divideUp } from '../../lib/shapes';
import { modelPage } from '../../models/index';
import type { StoredWeights } from '../../weights/manifest';
import { Runner } from '../runner';
import type { RunnerOptions } from '../runner';
import { uploadWeights } from '../upload';

/** A runner with f32 keys and values, one sequence and chunks of 64 rows, unless `options` say otherwise. */
export async function createRunner(
  backend: Backend,
  stored: StoredWeights,
  options: Partial<Omit<RunnerOptions, 'blocks'>> = {},
): Promise<Runner> {
  const configJson: unknown = JSON.parse(stored.manifest.texts['config.json']);
  const page = modelPage(configJson);
  const config = page.readConfig(configJson);
  const weights = await uploadWeights(backend, stored, page.weights(config));
  const { contextLength = page.shape(config).maxContext, maxSequences = 1 } = options;
  return Runner.create(backend, { page, config, weights }, null, {
    contextLength,
    blocks: divideUp(contextLength, BLOCK) * maxSequences + 1,
    maxRows: 64,
    maxSequences,
    maxOutputs: maxSequences,
    kvFormat: 'f32',
    activationFormat: 'f32',
    ...options,
  });
}

/** The next ids of one sequence, and the rows among them whose logits are wanted. */
export interface Feed {
  probe: Probe;
  ids: readonly number[];
  wanted: readonly number[];
}

/** Where a forward without a decode loop reads which rows are wanted, and what has been prepared of it. */
interface Bench {
  picked: DeviceBuffer;
  steps: Map<string, PreparedStep>;
}

const benches = new WeakMap<Runner, Bench>();

function benchOf(runner: Runner): Bench {
  const known = benches.get(runner);
  if (known) return known;
  const bench = { picked: runner.backend.createBuffer('wanted rows', 4 * runner.options.maxOutputs), steps: new Map() };
  benches.set(runner, bench);
  return bench;
}

/** The dispatches of a bare forward: rows and wanted rows are what the last `feedTogether` wrote. */
export function recordForward(runner: Runner, rowCount: number, outputCount: number): Step {
  const recorder = new Recorder();
  runner.target.record(recorder, { ...runner.inputs, picked: benchOf(runner).picked }, rowCount, outputCount);
  return recorder.finish();
}

/** One forward over rows of several sequences. @returns for each of them copies of the wanted logits. */
export async function feedTogether(runner: Runner, feeds: readonly Feed[]): Promise<Float32Array[][]> {
  const { backend, target, vocabSize } = runner;
  const bench = benchOf(runner);
  const rows: number[] = [];
  const picked: number[] = [];
  for (const { probe, ids, wanted } of feeds) {
    picked.push(...wanted.map((row) => rows.length / 4 + row));
    for (const id of ids) rows.push(id, probe.position, probe.slot, probe.position++);
  }
  invariant(rows.length <= 4 * runner.options.maxRows, 'the ids fit one forward');
  invariant(picked.length <= runner.options.maxOutputs, 'a forward has room for the wanted logits');
  backend.write(runner.inputs.rows, 0, Uint32Array.from(rows));
  backend.write(bench.picked, 0, Uint32Array.from(picked));
  backend.write(runner.inputs.tables, 0, runner.cache.tables);
  const key = `${rows.length} ${picked.length}`;
  const step = bench.steps.get(key) ?? (await backend.prepare(recordForward(runner, rows.length / 4, picked.length)));
  bench.steps.set(key, step);
  const words = new Uint32Array(picked.length * target.logitStride);
  if (picked.length > 0) await backend.runAndRead(step, [{ buffer: target.logits, into: words }]);
  else await backend.run(step);
  const logits = new Float32Array(words.buffer);
  let at = 0;
  return feeds.map(({ wanted }) =>
    wanted.map(() => logits.slice(at, (at += target.logitStride)).subarray(0, vocabSize)),
  );
}

/** One sequence that a test drives row by row. */
export class Probe {
  readonly slot: number;
  /** Of the next id; setting it back forgets everything from there on. */
  position = 0;

  constructor(
    readonly runner: Runner,
    capacity = runner.options.contextLength,
  ) {
    const admission = runner.cache.admit([0], '', capacity);
    this.slot = present(admission, 'room for a probe').slot;
  }

  /** Runs one forward over the next ids. @returns the logits of the wanted rows, by default of the last one. */
  async feed(ids: readonly number[], wanted: readonly number[] = [ids.length - 1]): Promise<Float32Array[]> {
    const [logits] = await feedTogether(this.runner, [{ probe: this, ids, wanted }]);
    return present(logits, 'logits');
  }

  /**
   * Feeds ids in chunks.
   * @param wanted indices into `ids` in rising order, by default the last; a chunk may hold `maxSequences` of them.
   */
  async prefill(
    ids: readonly number[],
    wanted: readonly number[] = [ids.length - 1],
    chunk = this.runner.options.maxRows,
  ): Promise<Float32Array[]> {
    const logits: Float32Array[] = [];
    for (let at = 0; at < ids.length; at += chunk) {
      const here = wanted.filter((index) => index >= at && index < at + chunk).map((index) => index - at);
      logits.push(...(await this.feed(ids.slice(at, at + chunk), here)));
    }
    return logits;
  }

  release(): void {
    this.runner.cache.release(this.slot, 0);
  }
}

/** Keys and values of every layer. */
export function kvPools(runner: Runner): DeviceBuffer[] {
  return runner.target.pools.flatMap(({ keys, values }) => [keys, values]);
}

/** The likeliest token; the first of equals. */
export function greedy(logits: Float32Array): number {
  let best = 0;
  for (let id = 1; id < logits.length; id++) if (logits[id]! > logits[best]!) best = id;
  return best;
}

/** The largest difference of two lists of one length; NaN counts as infinite. */
export function maxDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  invariant(a.length === b.length, `lists of ${a.length} and ${b.length} numbers are compared`);
  let difference = 0;
  for (let i = 0; i < a.length; i++) {
    const off = Math.abs(a[i]! - b[i]!);
    if (!(off <= difference)) difference = Number.isNaN(off) ? Infinity : off;
  }
  return difference;
}
