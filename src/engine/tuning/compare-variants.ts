/**
 * Which of several kernels that give the same bits is fastest on this device. First each is held against the default, bit by
 * bit; then batches of all that agree run in turns, and a variant takes the default's place if it is faster in nearly every
 * round. By the wall clock: asking for timestamp queries slows some drivers down even where they are not used.
 */
import type { Backend, DeviceBuffer, PreparedStep } from '../../gpu/backend';
import type { Call } from '../../gpu/recorder';
import { HearthError } from '../../lib/errors';
import { figureOf } from '../../lib/figure';
import { present } from '../../lib/invariant';
import type { Decision } from './tuning-table';

/** A variant, and its dispatch in each place of the model that it may stand in. */
export interface Candidate {
  readonly variant: string;
  readonly places: readonly Call[];
  /** The dispatch whose results are compared. */
  readonly compared: Call;
}

/**
 * Milliseconds that a batch of the default lasts at least, and at most twice as long, where one dispatch does not last longer:
 * much longer than a submission, and short enough that a batch of a variant three times as slow keeps nobody waiting for more
 * than 25.
 */
export const BATCH_MS = 4;

/** Dispatches of one batch at most. */
const MOST_REPEATS = 512;

/** Batches of each that are counted, in turns. */
const ROUNDS = 7;

/** A variant whose first batch takes so many times that of the default has lost. */
const HOPELESS = 2;

/** What a variant takes, in times of the default, must be below this, and below 1 in the worst of the likely cases. */
const WORTH_IT = 0.97;

export interface CompareOptions {
  /** Writes what dispatches read, and clears what they write. */
  readonly fill: () => void;
  /** Milliseconds; another clock in tests. */
  readonly now?: () => number;
}

/**
 * Submits one batch at a time and yields after each, so that who asks for something meanwhile waits for one at most. What
 * comes between two batches may overwrite what they read and write.
 * @param candidates the default first. @throws HearthError `device-lost`.
 */
export async function* compareVariants(
  backend: Backend,
  candidates: readonly [Candidate, ...Candidate[]],
  { fill, now = () => performance.now() }: CompareOptions,
): AsyncGenerator<void, Decision> {
  const [usual, ...others] = candidates;
  const refused: string[] = [];
  const agreeing: Candidate[] = [];
  for (const other of others) {
    if (await agrees(backend, usual, other, fill)) agreeing.push(other);
    else refused.push(other.variant);
    yield;
  }

  const timed = async (batch: PreparedStep) => {
    const startMs = now();
    await backend.run(batch);
    return now() - startMs;
  };
  let repeats = 1;
  let first = await batchOf(backend, usual, repeats);
  for (let ms = await timed(first); ms < BATCH_MS && repeats < MOST_REPEATS; ms = await timed(first)) {
    yield;
    repeats *= ms > BATCH_MS / 4 ? 2 : 4;
    first = await batchOf(backend, usual, repeats);
  }
  yield;

  const usualMs = await timed(first);
  yield;
  const hopeful: { readonly variant: string; readonly batch: PreparedStep; readonly ratios: number[] }[] = [];
  for (const candidate of agreeing) {
    const batch = await batchOf(backend, candidate, repeats);
    const { variant } = candidate;
    if ((await timed(batch)) < HOPELESS * usualMs) hopeful.push({ variant, batch, ratios: [] });
    yield;
  }
  for (let round = 0; round < ROUNDS && hopeful.length > 0; round++) {
    const besideMs = await timed(first);
    yield;
    for (const { batch, ratios } of hopeful) {
      ratios.push((await timed(batch)) / besideMs);
      yield;
    }
  }
  const best = hopeful
    .map(({ variant, ratios }) => ({ variant, ...figureOf(ratios) }))
    .filter(({ median, high }) => median > 0 && median <= WORTH_IT && high < 1)
    .toSorted((a, b) => a.median - b.median)[0];
  return best
    ? { variant: best.variant, gain: 1 / best.median, refused }
    : { variant: usual.variant, gain: 1, refused };
}

/** So many dispatches over the places in turn: weights come from memory, as in a step, and not from the cache. */
function batchOf(backend: Backend, { places }: Candidate, repeats: number): Promise<PreparedStep> {
  return backend.prepare(Array.from({ length: repeats }, (_, i) => places[i % places.length]!));
}

/** Whether a variant writes what the default writes, bit by bit, and not zeros. One that cannot be compiled does not. */
async function agrees(backend: Backend, usual: Candidate, other: Candidate, fill: () => void): Promise<boolean> {
  const calls = [usual.compared, other.compared];
  try {
    const prepared = await Promise.all(calls.map((call) => backend.prepare([call])));
    // All is submitted at once, so that nobody's step comes between.
    const reads = prepared.map((step, i) => {
      fill();
      return Promise.all([backend.run(step), backend.read(outputOf(calls[i]!))]);
    });
    const [expected, found] = (await Promise.all(reads)).map(([, bytes]) => new Uint32Array(bytes));
    return expected!.some((word) => word !== 0) && expected!.every((word, i) => word === found![i]);
  } catch (error) {
    if (error instanceof HearthError) throw error;
    return false;
  }
}

/** What a dispatch writes. */
export function outputOf({ kernel, buffers }: Call): DeviceBuffer {
  const written = kernel.bindings.findIndex(({ access }) => access === 'read_write');
  return present(buffers[written], `what ${kernel.name} writes`);
}
