/**
 * Rows of GGUF blocks to packed bits, codes and scales as they are, and to plain numbers where a person wants the weights
 * rounded anew. Rows are whole blocks, so a tensor may be taken block of rows by block of rows.
 */
import { HearthError } from '../../lib/errors';
import { invariant } from '../../lib/invariant';
import type { PackedFormat, PackedMatrix, QuantizedFormat } from '../format';
import { isQuantized } from '../format';
import { packExact } from '../pack';
import { type BlockTarget, GGML_BLOCKS, type GgmlBlockType } from './blocks';

/** Bytes of a row; `width` is a multiple of the type's block. */
export function blockRowBytes(type: GgmlBlockType, width: number): number {
  const { weights, bytes } = GGML_BLOCKS[type];
  invariant(width % weights === 0, `a row of ${width} weights is whole blocks of ${weights}`);
  return (width / weights) * bytes;
}

/** True when `format` holds every block of the type exactly, so that `repackBlocks` may be asked for it. */
export function holdsBlocks(format: PackedFormat, type: GgmlBlockType): format is QuantizedFormat {
  const own = GGML_BLOCKS[type].format;
  if (!isQuantized(format)) return false;
  const holdsCodes = format.kind === 'int8' || (own.kind === 'int4' && format.affine === own.affine);
  const holdsScales = (format.affine || !own.affine) && (format.scale === 'f32' || own.scale === 'f16');
  return holdsCodes && holdsScales && own.group % format.group === 0;
}

/**
 * @param bytes the blocks // [rows][width / weights of a block]
 * @param format one of which `holdsBlocks` is true
 * @returns the packed rows; a weight differs from the block's own in nothing but, perhaps, the sign of a zero
 * @throws HearthError `bad-file` when a scale is NaN or infinite.
 */
export function repackBlocks(
  type: GgmlBlockType,
  bytes: Uint8Array,
  rows: number,
  width: number,
  format: QuantizedFormat,
): PackedMatrix {
  invariant(holdsBlocks(format, type), `${format.kind} holds ${type}`);
  const { codes, scales, biases } = readBlocks(type, bytes, rows, width);
  // Symmetric int4 counts from its lowest level.
  if (format.kind === 'int4' && !format.affine) for (let i = 0; i < codes.length; i++) codes[i]! += 8;
  const times = GGML_BLOCKS[type].format.group / format.group;
  return packExact({
    format,
    rows,
    width,
    codes,
    scales: repeatEach(scales, times),
    biases: format.affine ? repeatEach(biases, times) : undefined,
  });
}

/**
 * The weights themselves: scale · code + bias, rounded once to f32, as ggml computes them.
 * @param target takes them // [rows][width]
 * @throws as `repackBlocks`.
 */
export function decodeBlocks(
  type: GgmlBlockType,
  bytes: Uint8Array,
  rows: number,
  width: number,
  target: Float32Array,
): void {
  const { codes, scales, biases } = readBlocks(type, bytes, rows, width);
  const { group } = GGML_BLOCKS[type].format;
  for (let g = 0, i = 0; g < scales.length; g++) {
    const scale = scales[g]!;
    const bias = biases[g]!;
    for (const end = i + group; i < end; i++) target[i] = scale * codes[i]! + bias;
  }
}

function readBlocks(type: GgmlBlockType, bytes: Uint8Array, rows: number, width: number): BlockTarget {
  const { weights, bytes: blockBytes, format, read } = GGML_BLOCKS[type];
  const blocks = (rows * width) / weights;
  invariant(bytes.length === rows * blockRowBytes(type, width), `${bytes.length} bytes are ${rows} rows of ${type}`);
  const groupsPerBlock = weights / format.group;
  const target: BlockTarget = {
    codes: new Int8Array(rows * width),
    scales: new Float32Array(blocks * groupsPerBlock),
    biases: new Float32Array(blocks * groupsPerBlock),
  };
  for (let b = 0; b < blocks; b++) read(bytes, b * blockBytes, target, b * weights, b * groupsPerBlock);
  refuseUnlessFinite(type, target.scales, (width / weights) * groupsPerBlock);
  refuseUnlessFinite(type, target.biases, (width / weights) * groupsPerBlock);
  return target;
}

function refuseUnlessFinite(type: GgmlBlockType, scales: Float32Array, groupsPerRow: number): void {
  const at = scales.findIndex((scale) => !Number.isFinite(scale));
  if (at < 0) return;
  throw new HearthError(
    'bad-file',
    `Found the scale ${scales[at]} in a ${type} block (row ${Math.floor(at / groupsPerRow)} of those read); expected finite numbers.`,
    {
      hint: 'The file is damaged, or the model was converted from one with weights that are no numbers; pick another.',
    },
  );
}

function repeatEach(values: Float32Array, times: number): Float32Array {
  if (times === 1) return values;
  return Float32Array.from({ length: values.length * times }, (_, i) => values[Math.floor(i / times)]!);
}
