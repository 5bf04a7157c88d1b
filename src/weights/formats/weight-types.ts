/**
 * The element types a weight may have in a checkpoint, safetensors, GGUF or a file of our own: how many bytes a row takes, which packed format
 * holds it as it is, and what its rows are as numbers.
 */
import { isQuantized, type PackedFormat } from '../../quant/format';
import { GGML_BLOCKS, type GgmlBlockType, isBlockType } from '../../quant/ggml/blocks';
import { blockRowBytes, decodeBlocks } from '../../quant/ggml/repack';
import { decodeFloats, FLOAT_BYTES, type FloatType, isFloatType } from './floats';
import { decodePackedRows, formatOfPackedType, isPackedType, packedRowBytes, type PackedType } from './packed-types';

export type WeightType = FloatType | GgmlBlockType | PackedType;

/** Those that files of others have. */
export const WEIGHT_TYPES: readonly string[] = [...Object.keys(FLOAT_BYTES), ...Object.keys(GGML_BLOCKS)];

export function isWeightType(type: string): type is WeightType {
  return isFloatType(type) || isBlockType(type) || isPackedType(type);
}

/** Bytes of a row in the file. Block types have widths of whole blocks. */
export function sourceRowBytes(type: WeightType, width: number): number {
  if (isPackedType(type)) return packedRowBytes(type, width);
  return isBlockType(type) ? blockRowBytes(type, width) : width * FLOAT_BYTES[type];
}

/** The format that holds weights of this type as they are. */
export function formatOfType(type: WeightType): PackedFormat {
  if (isPackedType(type)) return formatOfPackedType(type);
  return isBlockType(type) ? GGML_BLOCKS[type].format : FLOAT_FORMATS[type];
}

const FLOAT_FORMATS: Readonly<Record<FloatType, PackedFormat>> = {
  F32: { kind: 'f32' },
  F16: { kind: 'f16' },
  BF16: { kind: 'bf16' },
};

/** One format that holds weights of all these types as they are, at a cost in size where they differ. */
export function formatOfTypes(types: readonly WeightType[]): PackedFormat {
  const [first, ...others] = [...new Set(types)].map(formatOfType);
  return others.reduce((a, b) => {
    if (!isQuantized(a) || !isQuantized(b)) return { kind: 'f32' };
    return {
      kind: 'int8',
      group: Math.min(a.group, b.group) as typeof a.group,
      affine: a.affine || b.affine,
      scale: a.scale === 'f32' ? 'f32' : b.scale,
    };
  }, first!);
}

/**
 * Rows as the file holds them, as plain numbers.
 * @param bytes must begin at a multiple of 4 in their buffer // [rows][sourceRowBytes]
 * @param target takes the weights // [rows][width]
 * @throws HearthError `bad-file` for blocks whose scales are no finite numbers.
 */
export function decodeRows(
  type: WeightType,
  bytes: Uint8Array,
  rows: number,
  width: number,
  target: Float32Array<ArrayBuffer>,
): void {
  if (isPackedType(type)) decodePackedRows(type, bytes, rows, width, target);
  else if (isBlockType(type)) decodeBlocks(type, bytes, rows, width, target);
  else decodeFloats(type, bytes, target);
}
