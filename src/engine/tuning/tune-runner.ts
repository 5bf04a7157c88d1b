/**
 * Measures every point of loaded models that the table does not know: on their own weights and activations, while nobody uses
 * them. Which points there are follows from recording the forwards that requests consist of.
 */
import type { Backend } from '../../gpu/backend';
import { Recorder } from '../../gpu/recorder';
import type { Step } from '../../gpu/recorder';
import { present } from '../../lib/invariant';
import { CHUNK } from '../../quant/format';
import type { Runner } from '../runner';
import { BATCH_MS, compareVariants, outputOf } from './compare-variants';
import type { Candidate } from './compare-variants';
import { nameOf } from './tuning-table';
import type { Key, TuningTable, Variant } from './tuning-table';

/** Rows of forwards that stand for rounds with guesses and small batches, and for chunks of prompts from … to. */
const FEW_ROWS = 4;
const CHUNK_ROWS = { least: 16, most: 128 } as const;

/** Records a forward of so many rows. */
type Forward = (recorder: Recorder, rows: number) => void;

/** A point as a forward passes it. */
interface PassedPoint {
  readonly key: Key;
  readonly variants: readonly [Variant, ...Variant[]];
  /** What it dispatches, in each place of the model. */
  readonly places: Step[];
}

/**
 * Runs one batch at a time and yields after each (compare-variants.ts). Decisions are in the runner's table as soon as they are
 * made.
 * @param now milliseconds; another clock in tests.
 * @returns whether some point is recorded otherwise from now on. @throws HearthError `device-lost`.
 */
export async function* tuneRunner(
  runner: Runner,
  now: () => number = () => performance.now(),
): AsyncGenerator<void, boolean> {
  const { backend, tuning: table } = runner;
  let hasChanged = false;
  for (const { least, most, forward } of forwardsOf(runner)) {
    for (const [point, { variants, key }] of pointsOf(table, forward, least)) {
      if (variants.length < 2 || table.decisions.has(point)) continue;
      const placesOf = (rows: number, index = 0) => pointsOf(table, forward, rows, [point, index]).get(point)?.places;
      let rows = least;
      for (let places = placesOf(2 * rows); 2 * rows <= most && places; places = placesOf(2 * rows)) {
        const prepared = await backend.prepare(places[0]!);
        const startMs = now();
        await backend.run(prepared);
        const isSlow = now() - startMs > BATCH_MS / 4;
        yield;
        if (isSlow) break;
        rows *= 2;
      }
      const candidates = variants.map((variant, i): Candidate => {
        return { variant: nameOf(variant), places: present(placesOf(rows, i), point) };
      }) as [Candidate, ...Candidate[]];
      const fill = () => fillBuffers(backend, candidates[0].places[0]!, key);
      const decision = yield* compareVariants(backend, candidates, { fill, now });
      table.decide(point, decision);
      hasChanged ||= decision.variant !== candidates[0].variant;
    }
  }
  return hasChanged;
}

/** The forwards that requests consist of: one row of a sequence, a few, and a chunk of a prompt. */
function* forwardsOf(runner: Runner): Generator<{ least: number; most: number; forward: Forward }> {
  const { target, draft, inputs, options } = runner;
  for (const model of [target, ...(draft ? [draft] : [])]) {
    const few = Math.min(FEW_ROWS, options.maxRows, model.maxOutputs);
    const chunk = (rows: number) => Math.min(rows, options.maxRows);
    for (const rows of [1, few]) {
      yield { least: rows, most: rows, forward: (recorder) => model.record(recorder, inputs, rows, rows) };
    }
    const { least, most } = CHUNK_ROWS;
    yield {
      least: chunk(least),
      most: chunk(most),
      forward: (recorder, rows) => model.record(recorder, inputs, rows, 0),
    };
  }
}

/** The points of a forward by name, all recorded with their defaults but for the one that is tried with another variant. */
function pointsOf(
  table: TuningTable,
  forward: Forward,
  rows: number,
  [tried, index]: readonly [point: string | null, index: number] = [null, 0],
): Map<string, PassedPoint> {
  const recorder = new Recorder();
  const step = recorder.finish();
  const begins: (Omit<PassedPoint, 'places'> & { point: string; at: number })[] = [];
  table.recordWith(
    (point, key, variants) => {
      begins.push({ point, key, variants, at: step.length });
      return point === tried ? index : 0;
    },
    () => forward(recorder, rows),
  );
  const points = new Map<string, PassedPoint>();
  for (const [i, { point, key, variants, at }] of begins.entries()) {
    // A point's dispatches bear one name, and the next one begins with its own choice.
    const until = step.findIndex(({ label }, j) => j > at && (label !== step[at]!.label || j === begins[i + 1]?.at));
    const known = points.get(point) ?? { key, variants, places: [] };
    known.places.push(step.slice(at, until < 0 ? undefined : until));
    points.set(point, known);
  }
  return points;
}

/** Activations between −1 and 1 to multiply with, zero beyond the width as everywhere, and zeros where results go. */
function fillBuffers(backend: Backend, place: Step, { width }: Key): void {
  const { kernel, buffers } = place[0]!;
  const x = present(buffers[kernel.bindings.findIndex(({ name }) => name === 'x')], 'activations');
  const y = outputOf(place);
  const stride = CHUNK * Math.ceil(Number(width) / CHUNK);
  const values = new Float32Array(x.bytes / 4);
  for (let i = 0; i < values.length; i++) {
    if (i % stride < Number(width)) values[i] = ((i * 7919) % 2039) / 1019.5 - 1;
  }
  backend.write(x, 0, values);
  backend.write(y, 0, new Uint8Array(y.bytes));
}
