/**
 * Measures every point of loaded models that the table does not know: on their own weights and activations, while nobody uses
 * them. Which points there are follows from recording the forwards that requests consist of.
 */
import { Recorder } from '../../gpu/recorder';
import type { Call } from '../../gpu/recorder';
import { LONG_CONTEXT, SPLIT_ROWS } from '../../kernels/attention/splits';
import { ROW_CLASSES } from '../../kernels/product-variants';
import { MAX_ROWS_PER_SEQUENCE } from '../../kernels/shared/slot-state';
import { present } from '../../lib/invariant';
import type { Runner } from '../runner';
import { BATCH_MS, compareVariants } from './compare-variants';
import type { Candidate } from './compare-variants';
import { trialInputs } from './trial-inputs';
import { nameOf } from './tuning-table';
import type { Decision, Key, TuningTable, Variant, Variants } from './tuning-table';

/** Rows of a prompt's chunk that are measured, for each of the larger classes: as many as a batch has time for, within these. */
const CHUNK_ROWS = [
  { least: 16, most: 16 },
  { least: 32, most: Math.max(...ROW_CLASSES) },
] as const;

/** Records a forward of so many rows. */
type Forward = (recorder: Recorder, rows: number) => void;

/** A forward, and from how many rows up to how many its points may be measured with. */
interface Passing {
  readonly least: number;
  readonly most: number;
  readonly forward: Forward;
}

/** A point as a forward passes it. */
interface PassedPoint {
  readonly key: Key;
  readonly variants: Variants;
  /** Its dispatch in each place of the model. */
  readonly places: Call[];
}

export interface TuneOptions {
  /** Whether a point is measured; all are if absent. */
  readonly isWanted?: (point: string) => boolean;
  /** Milliseconds; another clock in tests. */
  readonly now?: () => number;
}

/**
 * Runs one batch at a time and yields after each (compare-variants.ts). A decision is in the runner's table, and in the steps
 * that it knows, as soon as it is made.
 * @returns whether some point is recorded otherwise from now on. @throws HearthError `device-lost`.
 */
export async function* tuneRunner(
  runner: Runner,
  { isWanted = () => true, now = () => performance.now() }: TuneOptions = {},
): AsyncGenerator<void, boolean> {
  const { tuning: table } = runner;
  let hasChanged = false;
  for (const passing of forwardsOf(runner)) {
    for (const [point, passed] of pointsOf(table, passing.forward, passing.least)) {
      if (passed.variants.length < 2 || table.decisions.has(point) || !isWanted(point)) continue;
      const decision = yield* measurePoint(runner, passing, point, passed, now);
      table.decide(point, decision);
      if (decision.variant === nameOf(passed.variants[0])) continue;
      hasChanged = true;
      yield* runner.renewSteps();
    }
  }
  return hasChanged;
}

async function* measurePoint(
  { backend, tuning: table, options }: Runner,
  { least, most, forward }: Passing,
  point: string,
  { key, variants, places: usual }: PassedPoint,
  now: () => number,
): AsyncGenerator<void, Decision> {
  const { contextLength } = options;
  const inputs = trialInputs(backend, key, usual[0]!, { rows: most, contextLength });
  try {
    const placesOf = (count: number, tried = variants[0]) =>
      present(pointsOf(table, forward, count, { point, tried }).get(point), point).places;
    let rows = least;
    while (2 * rows <= most) {
      const prepared = await backend.prepare(
        placesOf(2 * rows)
          .slice(0, 1)
          .map(inputs.timed),
      );
      const startMs = now();
      await backend.run(prepared);
      const ms = now() - startMs;
      yield;
      if (ms > BATCH_MS / 4) break;
      rows *= 2;
    }
    const candidates = variants.map((variant): Candidate => {
      const places = placesOf(rows, variant);
      return { variant: nameOf(variant), places: places.map(inputs.timed), compared: inputs.compared(places[0]!) };
    }) as [Candidate, ...Candidate[]];
    const decision = yield* compareVariants(backend, candidates, { fill: inputs.fill, now });
    const best = candidates.find(({ variant }) => variant === decision.variant);
    await backend.prepare(present(best, decision.variant).places); // compiled for every place, before a step may want it
    return decision;
  } finally {
    inputs.destroy();
  }
}

/** The forwards that requests consist of: of each class of rows, with logits or their likeliest alone, behind a long context, and chunks of prompts. */
function* forwardsOf(runner: Runner): Generator<Passing> {
  const { target, draft, inputs, options } = runner;
  for (const model of [target, ...(draft ? [draft] : [])]) {
    const few = Math.min(options.maxRows, model.maxOutputs, MAX_ROWS_PER_SEQUENCE);
    for (const rows of ROW_CLASSES.filter((most) => most <= few)) {
      const isLong = options.contextLength > LONG_CONTEXT && rows <= SPLIT_ROWS;
      for (const draw of [{ greedy: false }, { greedy: true }, ...(isLong ? [{ long: true }] : [])]) {
        yield { least: rows, most: rows, forward: (recorder) => model.record(recorder, inputs, rows, rows, draw) };
      }
    }
    for (const { least, most } of CHUNK_ROWS) {
      const forward: Forward = (recorder, rows) => model.record(recorder, inputs, rows, 0);
      yield { least: Math.min(least, options.maxRows), most: Math.min(most, options.maxRows), forward };
    }
  }
}

/** The points of a forward by name, all recorded with their defaults but for the one that is tried with another variant. */
function pointsOf(
  table: TuningTable,
  forward: Forward,
  rows: number,
  trial: { readonly point: string; readonly tried: Variant } | null = null,
): Map<string, PassedPoint> {
  const recorder = new Recorder();
  const points = new Map<string, PassedPoint>();
  const chosen: Call[][] = []; // by dispatch that is recorded right after its choice
  table.recordWith(
    (point, key, variants) => {
      const passed = points.get(point) ?? { key, variants, places: [] };
      points.set(point, passed);
      chosen[recorder.finish().length] = passed.places;
      return point === trial?.point ? trial.tried : variants[0];
    },
    () => forward(recorder, rows),
  );
  for (const [i, call] of recorder.finish().entries()) chosen[i]?.push(call);
  return points;
}
