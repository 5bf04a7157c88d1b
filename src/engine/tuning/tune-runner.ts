/**
 * Measures every point of loaded models that the table does not know: on their own weights and activations, while nobody uses
 * them. Which points there are follows from recording the forwards that requests consist of.
 */
import type { Backend } from '../../gpu/backend';
import { Recorder } from '../../gpu/recorder';
import type { Call } from '../../gpu/recorder';
import { ROW_CLASSES } from '../../kernels/product-variants';
import type { ProductKey, ProductVariant } from '../../kernels/product-variants';
import { codesOf } from '../../kernels/quantize-rows/quantize-rows.cpu';
import { QUANTIZED_WORDS } from '../../kernels/shared/quantize';
import { MAX_ROWS_PER_SEQUENCE } from '../../kernels/shared/slot-state';
import { present } from '../../lib/invariant';
import { CHUNK } from '../../quant/format';
import type { Runner } from '../runner';
import { BATCH_MS, compareVariants, outputOf } from './compare-variants';
import type { Candidate } from './compare-variants';
import { nameOf } from './tuning-table';
import type { TuningTable, Variants } from './tuning-table';

/** Rows of a prompt's chunk that are measured, for each of the larger classes: as many as a batch has time for, within these. */
const CHUNK_ROWS = [
  { least: 16, most: 16 },
  { least: 32, most: Math.max(...ROW_CLASSES) },
] as const;

/** Records a forward of so many rows. */
type Forward = (recorder: Recorder, rows: number) => void;

/** A point as a forward passes it. */
interface PassedPoint {
  readonly key: ProductKey;
  readonly variants: Variants;
  /** Its dispatch in each place of the model. */
  readonly places: Call[];
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
      const placesOf = (count: number, tried = variants[0]) =>
        present(pointsOf(table, forward, count, { point, tried }).get(point), point).places;
      let rows = least;
      while (2 * rows <= most) {
        const prepared = await backend.prepare(placesOf(2 * rows).slice(0, 1));
        const startMs = now();
        await backend.run(prepared);
        const ms = now() - startMs;
        yield;
        if (ms > BATCH_MS / 4) break;
        rows *= 2;
      }
      const candidates = variants.map((variant): Candidate => {
        return { variant: nameOf(variant), places: placesOf(rows, variant) };
      }) as [Candidate, ...Candidate[]];
      const fill = fillerOf(backend, candidates[0].places[0]!, key);
      const decision = yield* compareVariants(backend, candidates, { fill, now });
      table.decide(point, decision);
      hasChanged ||= decision.variant !== candidates[0].variant;
    }
  }
  return hasChanged;
}

/** The forwards that requests consist of: of each class of rows, with logits or their likeliest alone, and chunks of prompts. */
function* forwardsOf(runner: Runner): Generator<{ least: number; most: number; forward: Forward }> {
  const { target, draft, inputs, options } = runner;
  for (const model of [target, ...(draft ? [draft] : [])]) {
    const few = Math.min(options.maxRows, model.maxOutputs, MAX_ROWS_PER_SEQUENCE);
    for (const rows of ROW_CLASSES.filter((most) => most <= few)) {
      for (const greedy of [false, true]) {
        yield {
          least: rows,
          most: rows,
          forward: (recorder) => model.record(recorder, inputs, rows, rows, { greedy }),
        };
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
  trial: { readonly point: string; readonly tried: ProductVariant } | null = null,
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

/**
 * Writes activations between −1 and 1 to multiply with, or their codes, zero beyond the width as everywhere, and zeros where
 * results go. They are made once: of a wide matrix there are so many that whoever asks for something would notice.
 */
function fillerOf(backend: Backend, place: Call, { width, activations }: ProductKey): () => void {
  const { kernel, buffers } = place;
  const x = present(buffers[kernel.bindings.findIndex(({ name }) => name === 'x')], 'activations');
  const y = outputOf(place);
  const stride = CHUNK * Math.ceil(width / CHUNK);
  const chunks = Math.floor(x.bytes / (4 * (activations === 'int8' ? QUANTIZED_WORDS : CHUNK)));
  const values = new Float32Array(CHUNK * chunks);
  for (let i = 0; i < values.length; i++) {
    if (i % stride < width) values[i] = (((i % 2039) * 7919) % 2039) / 1019.5 - 1;
  }
  const filling = activations === 'int8' ? codesOf(values) : values;
  const zeros = new Uint8Array(y.bytes);
  return () => {
    backend.write(x, 0, filling);
    backend.write(y, 0, zeros);
  };
}
