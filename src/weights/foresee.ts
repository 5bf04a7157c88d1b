/** How large a model will be once it is stored, from what its architecture asks for alone: nothing is fetched. */
import { present } from '../lib/invariant';
import { packedBytes, type PackedFormat } from '../quant/format';
import { foreseenFormats, type Precision } from './choose-formats';
import type { WeightSpec } from './spec';

/** Bytes of packed matrices by what their codes are: kernels read each at a speed of its own. */
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

/** A packed tensor as a manifest or a foreseen import knows it. */
export interface SizedTensor {
  name: string;
  format: PackedFormat;
  rows: number;
  width: number;
}

/** @param precision null for int4, and int8 where it pays most. */
export function foreseeWeights(specs: readonly WeightSpec[], precision: Precision | null = null): Foreseen {
  const formats = foreseenFormats(specs, precision);
  const tensors = specs.map(({ name, parts, width }): SizedTensor => {
    return {
      name,
      format: present(formats.get(name), `format of ${name}`),
      rows: parts.reduce((sum, { rows }) => sum + rows, 0),
      width,
    };
  });
  return {
    parameterCount: tensors.reduce((sum, { rows, width }) => sum + rows * width, 0),
    bytes: tensors.reduce((sum, { format, rows, width }) => sum + packedBytes(format, rows, width), 0),
    readBytes: readBytesOf(specs, tensors),
  };
}

/** What one token reads: every tensor whole, but of an embedding with a head beside it one row, which counts as nothing. */
export function readBytesOf(specs: readonly WeightSpec[], tensors: readonly SizedTensor[]): BytesByKind {
  const hasHead = specs.some(({ role }) => role === 'head');
  const lookedUp = new Set(specs.flatMap(({ name, role }) => (role === 'embedding' && hasHead ? [name] : [])));
  const read: BytesByKind = { int4: 0, int8: 0, float: 0 };
  for (const { name, format, rows, width } of tensors) {
    if (lookedUp.has(name)) continue;
    read[format.kind === 'int4' || format.kind === 'int8' ? format.kind : 'float'] += packedBytes(format, rows, width);
  }
  return read;
}
