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

/**
 * The formats by the names of the source tensors, as far as they can be told without reading a weight: where matrices are
 * measured, how many of them become int8 and not which.
 * @param parts of a checkpoint that keeps its types; null for others.
 */
export function foreseenFormats(
  specs: readonly WeightSpec[],
  precision: Precision | null,
  parts: readonly LocatedPart[] | null,
): Map<string, PackedFormat> {
  if (precision !== null) return formatsBySource(specs, () => uniformFormat(precision));
  if (parts !== null) {
    const types = new Map(parts.map(({ source, dtype }) => [source, dtype]));
    const typeOf = (source: string) => present(types.get(source), `type of ${source}`);
    return formatsBySource(specs, ({ gated, parts: own }, source) =>
      gated ? formatOfTypes(own.map((part) => typeOf(part.source))) : formatOfType(typeOf(source)),
    );
  }
  const matrices = specs.flatMap(({ name, role, width, parts: own }) =>
    role === 'vector' ? [] : [{ name, role, weights: width * rowsOf(own), relativeError: 1 }],
  );
  const chosen = chooseFormats(matrices);
  return formatsBySource(specs, ({ name }) => present(chosen.get(name), `format of ${name}`));
}

/** By the names of the source tensors. @throws as `locateParts` and `readRange`. */
export async function formatsFor(
  specs: readonly WeightSpec[],
  source: Source,
  checkpoint: Checkpoint,
  precision: Precision | null,
  options: ReadOptions,
): Promise<Map<string, PackedFormat>> {
  const parts = locateParts(specs, checkpoint.files);
  if (precision !== null || checkpoint.keepsTypes) return foreseenFormats(specs, precision, parts);
  const matrices = specs.flatMap((spec, index) =>
    spec.role === 'vector' ? [] : [{ ...spec, role: spec.role, index }],
  );
  const partsOf = new Map<number, LocatedPart[]>();
  for (const part of parts) {
    const others = partsOf.get(part.spec);
    if (others) others.push(part);
    else partsOf.set(part.spec, [part]);
  }
  const measure = async ({ index, width }: (typeof matrices)[number]) => {
    if (!checkpoint.hasRanges) return 1;
    throwIfAborted(options.signal);
    const inOrder = (partsOf.get(index) ?? []).sort((a, b) => a.firstRow - b.firstRow);
    const sample = await sampleRows(inOrder, width, source, checkpoint, options);
    return measureInt4Error(sample, sample.length / width, width);
  };
  const errors = await mapConcurrently(matrices, measure);
  const measurements = matrices.map(({ name, role, width, parts }, i) => ({
    name,
    role,
    weights: width * rowsOf(parts),
    relativeError: errors[i]!,
  }));
  const chosen = chooseFormats(measurements);
  return formatsBySource(specs, ({ name }) => present(chosen.get(name), `format of ${name}`));
}

/** Vectors as f32, and of each matrix what is chosen for its sources. */
function formatsBySource(
  specs: readonly WeightSpec[],
  choose: (matrix: WeightSpec, source: string) => PackedFormat,
): Map<string, PackedFormat> {
  return new Map(
    specs.flatMap((spec) =>
      spec.parts.map(({ source }) => [source, spec.role === 'vector' ? VECTOR : choose(spec, source)] as const),
    ),
  );
}

function rowsOf(parts: WeightSpec['parts']): number {
  return parts.reduce((sum, { rows }) => sum + rows, 0);
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
