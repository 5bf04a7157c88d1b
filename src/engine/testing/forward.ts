/** Forwards on a Runner without requests: ids in, logits out. */
import type { Backend, DeviceBuffer } from '../../gpu/backend';
import { invariant, present } from '../../lib/invariant';
import { modelPage } from '../../models/index';
import type { StoredWeights } from '../../weights/manifest';
import { Runner } from '../runner';
import type { RunnerOptions } from '../runner';
import { Batch } from '../scheduler';
import { Sequence } from '../sequence';
import { uploadWeights } from '../upload';

/** A runner with f32 keys and values, one sequence and chunks of 64 rows, unless `options` say otherwise. */
export async function createRunner(
  backend: Backend,
  stored: StoredWeights,
  options: Partial<RunnerOptions> = {},
): Promise<Runner> {
  const configJson: unknown = JSON.parse(stored.manifest.texts['config.json']);
  const page = modelPage(configJson);
  const config = page.readConfig(configJson);
  const weights = await uploadWeights(backend, stored, page.weights(config));
  const { maxContext } = page.shape(config);
  return Runner.create(backend, page, config, weights, {
    contextLength: maxContext,
    maxRows: 64,
    maxSequences: 1,
    kvFormat: 'f32',
    ...options,
  });
}

/** The next ids of one sequence, and the rows among them whose logits are wanted. */
export interface Feed {
  probe: Probe;
  ids: readonly number[];
  wanted: readonly number[];
}

/** Stands for "somebody wants these logits". */
const SOMEBODY = new Sequence([0], 1);

/** One forward over rows of several sequences. @returns for each of them copies of the wanted logits. */
export async function feedTogether(runner: Runner, feeds: readonly Feed[]): Promise<Float32Array[][]> {
  const batch = new Batch(runner.options.maxRows, runner.options.maxSequences);
  for (const { probe, ids, wanted } of feeds) {
    invariant(ids.length <= batch.room, 'the ids fit one batch');
    invariant(batch.outputs.length + wanted.length <= batch.maxOutputs, 'a batch has room for the wanted logits');
    for (const row of wanted) {
      batch.picked[batch.outputs.length] = batch.rowCount + row;
      batch.outputs.push(SOMEBODY);
    }
    for (const id of ids) batch.rows.set([id, probe.position++, probe.slot, 0], 4 * batch.rowCount++);
  }
  const logits = await runner.forward(batch);
  let taken = 0;
  return feeds.map(({ wanted }) => wanted.map(() => present(logits[taken++], 'logits').slice()));
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
    this.slot = runner.cache.reserve(capacity);
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
    this.runner.cache.release(this.slot);
  }
}

/** Keys and values of every layer. */
export function kvPools(runner: Runner): DeviceBuffer[] {
  return runner
    .record(1, 1)
    .filter(({ kernel }) => kernel.name === 'rotary-append')
    .flatMap(({ kernel, buffers }) => buffers.filter((_, i) => /keys|values/.test(kernel.bindings[i]!.name)));
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
