/**
 * The format of every tensor of an import. Which matrices are worth int8 is measured on a sample of their rows, read from the
 * middle of the files before the download; where a server has no ranges, roles alone decide. The sample is always the same
 * rows, so the choice is too. A file that somebody has quantised already keeps the types it has.
 */
import { throwIfAborted } from '../lib/errors';
import { chooseFormats, DEFAULT_INT4, DEFAULT_INT8, measureInt4Error } from '../quant/choose';
import { present } from '../lib/invariant';
import type { PackedFormat } from '../quant/format';
import type { Checkpoint } from './formats/checkpoint';
import { decodeRows, formatOfType, formatOfTypes, sourceRowBytes } from './formats/weight-types';
import { locateParts, type LocatedPart } from './locate';
import { type ReadOptions, readRange } from './sources/reader';
import type { Source } from './sources/source';
import type { WeightSpec } from './spec';

/** One format for every matrix, instead of a measured choice. */
export type Precision = 'int4' | 'int8' | 'f16' | 'bf16' | 'f32';

const VECTOR: PackedFormat = { kind: 'f32' };

/** Each source tensor is sampled at this many places, this many bytes each: enough groups to compare matrices. */
const SAMPLE_RUNS = 2;
const SAMPLE_RUN_BYTES = 32 * 1024;

/** Requests under way at a time. */
const CONCURRENCY = 6;

/** By the names of the source tensors. @throws as `locateParts` and `readRange`. */
export async function formatsFor(
  specs: readonly WeightSpec[],
  source: Source,
  checkpoint: Checkpoint,
  precision: Precision | null,
  options: ReadOptions,
): Promise<Map<string, PackedFormat>> {
  const parts = locateParts(specs, checkpoint.files);
  const partsOf = specs.map((_, index) => parts.filter(({ spec }) => spec === index));
  const formats = new Map<string, PackedFormat>();
  const choose = (index: number, formatOf: (part: LocatedPart) => PackedFormat) => {
    for (const part of partsOf[index]!) formats.set(part.source, formatOf(part));
  };
  const matrices = specs.flatMap((spec, index) => {
    if (spec.role !== 'vector') return [{ ...spec, role: spec.role, index }];
    choose(index, () => VECTOR);
    return [];
  });
  if (precision !== null) {
    for (const { index } of matrices) choose(index, () => uniformFormat(precision));
    return formats;
  }
  if (checkpoint.keepsTypes) {
    for (const { index, gated } of matrices) {
      const common = formatOfTypes(partsOf[index]!.map(({ dtype }) => dtype));
      choose(index, ({ dtype }) => (gated ? common : formatOfType(dtype)));
    }
    return formats;
  }
  const measure = async ({ index, width }: (typeof matrices)[number]) => {
    if (!checkpoint.hasRanges) return 1;
    throwIfAborted(options.signal);
    const inOrder = partsOf[index]!.toSorted((a, b) => a.firstRow - b.firstRow);
    const sample = await sampleRows(inOrder, width, source, checkpoint, options);
    return measureInt4Error(sample, sample.length / width, width);
  };
  const errors = await mapConcurrently(matrices, measure);
  const measurements = matrices.map(({ name, role, width, parts }, i) => ({
    name,
    role,
    weights: width * parts.reduce((sum, { rows }) => sum + rows, 0),
    relativeError: errors[i]!,
  }));
  const chosen = chooseFormats(measurements);
  for (const { name, index } of matrices) choose(index, () => present(chosen.get(name), `format of ${name}`));
  return formats;
}

function uniformFormat(precision: Precision): PackedFormat {
  if (precision === 'int4') return DEFAULT_INT4;
  return precision === 'int8' ? DEFAULT_INT8 : { kind: precision };
}

/** @returns runs of rows spread evenly over the parts // [rows][width] */
async function sampleRows(
  parts: readonly LocatedPart[],
  width: number,
  source: Source,
  { files }: Checkpoint,
  options: ReadOptions,
): Promise<Float32Array> {
  const runs: Float32Array[] = [];
  for (const { file, startBytes, dtype, rows } of parts) {
    const rowBytes = sourceRowBytes(dtype, width);
    const runRows = Math.max(1, Math.min(Math.floor(SAMPLE_RUN_BYTES / rowBytes), Math.floor(rows / SAMPLE_RUNS)));
    const { path, version } = files[file]!;
    for (let run = 0; run < Math.min(SAMPLE_RUNS, rows); run++) {
      const middle = ((run + 0.5) * rows) / SAMPLE_RUNS;
      const firstRow = Math.max(0, Math.min(rows - runRows, Math.floor(middle - runRows / 2)));
      const at = startBytes + firstRow * rowBytes;
      const bytes = await readRange(source, path, at, at + runRows * rowBytes, version, options);
      const weights = new Float32Array(runRows * width);
      decodeRows(dtype, bytes, runRows, width, weights);
      runs.push(weights);
    }
  }
  const sample = new Float32Array(runs.reduce((sum, { length }) => sum + length, 0));
  let filled = 0;
  for (const run of runs) {
    sample.set(run, filled);
    filled += run.length;
  }
  return sample;
}

/** Results in the order of the items, with at most CONCURRENCY under way; none is begun after a failure. */
async function mapConcurrently<T, R>(items: readonly T[], action: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  const waiting = items.entries(); // shared: each worker takes the next one
  const worker = async () => {
    for (const [index, item] of waiting) results[index] = await action(item);
  };
  const workers = Array.from({ length: CONCURRENCY }, worker);
  await Promise.all(workers).catch((error: unknown) => {
    for (const item of waiting) void item; // nothing is left to be taken
    throw error;
  });
  return results;
}
