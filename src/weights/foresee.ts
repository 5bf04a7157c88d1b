/** How large a model will be once it is stored, told without reading a weight. */
import { present } from '../lib/invariant';
import { packedBytes } from '../quant/format';
import { foreseenFormats, type Precision } from './choose-formats';
import type { LocatedPart } from './locate';
import type { StoredTensor } from './manifest';
import type { WeightSpec } from './spec';

/** Bytes of packed weights by what their codes are: kernels read each at a speed of its own. */
export interface BytesByKind {
  int4: number;
  int8: number;
  /** Unquantised: f16, bf16, f32. */
  float: number;
}

export interface Foreseen {
  parameterCount: number;
  /** Within a percent of what an import stores: which matrices become int8 is not known yet, but how many is. */
  bytes: number;
  /** What one token reads of it. */
  readBytes: BytesByKind;
}

/**
 * @param precision null for what is usual: the types of a checkpoint that keeps them, else int4, and int8 where it pays most.
 * @param parts of a checkpoint that keeps its types; null for others, and where there is none yet.
 */
export function foreseeWeights(
  specs: readonly WeightSpec[],
  precision: Precision | null = null,
  parts: readonly LocatedPart[] | null = null,
): Foreseen {
  const formats = foreseenFormats(specs, precision, parts);
  const isRead = readerOf(specs);
  const foreseen: Foreseen = { parameterCount: 0, bytes: 0, readBytes: { int4: 0, int8: 0, float: 0 } };
  for (const { name, parts: own, width } of specs) {
    for (const { source, rows } of own) {
      const format = present(formats.get(source), `format of ${source}`);
      const bytes = packedBytes(format, rows, width);
      foreseen.parameterCount += rows * width;
      foreseen.bytes += bytes;
      if (isRead(name)) foreseen.readBytes[kindOf(format)] += bytes;
    }
  }
  return foreseen;
}

/** What one token reads of a stored model. */
export function readBytesOf(specs: readonly WeightSpec[], tensors: readonly StoredTensor[]): BytesByKind {
  const isRead = readerOf(specs);
  const read: BytesByKind = { int4: 0, int8: 0, float: 0 };
  for (const { name, format, slabs } of tensors) {
    if (!isRead(name)) continue;
    for (const slab of slabs) read[kindOf(slab.format ?? format)] += slab.codes.bytes + (slab.scales?.bytes ?? 0);
  }
  return read;
}

/** A token reads every tensor whole, but of an embedding with a head beside it one row, which counts as nothing. */
function readerOf(specs: readonly WeightSpec[]): (name: string) => boolean {
  const hasHead = specs.some(({ role }) => role === 'head');
  const lookedUp = new Set(specs.flatMap(({ name, role }) => (role === 'embedding' && hasHead ? [name] : [])));
  return (name) => !lookedUp.has(name);
}

function kindOf({ kind }: StoredTensor['format']): keyof BytesByKind {
  return kind === 'int4' || kind === 'int8' ? kind : 'float';
}
