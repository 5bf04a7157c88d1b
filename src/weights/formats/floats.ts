/** The element types a weight may have in a checkpoint, as f32. */
import { invariant } from '../../lib/invariant';
import { decodeBfloat16, decodeFloat16 } from '../../quant/float16';

export type FloatType = 'BF16' | 'F16' | 'F32';

export const FLOAT_BYTES: Readonly<Record<FloatType, number>> = { BF16: 2, F16: 2, F32: 4 };

export function isFloatType(dtype: string): dtype is FloatType {
  return Object.hasOwn(FLOAT_BYTES, dtype);
}

/**
 * Little-endian elements to numbers.
 * @param bytes must begin at a multiple of the element's size in its buffer // [elements · FLOAT_BYTES[dtype]]
 * @param target takes the numbers // [elements]
 */
export function decodeFloats(dtype: FloatType, bytes: Uint8Array, target: Float32Array<ArrayBuffer>): void {
  invariant(bytes.length === target.length * FLOAT_BYTES[dtype], `${bytes.length} bytes are ${target.length} ${dtype}`);
  const { buffer, byteOffset } = bytes;
  if (dtype === 'F32') target.set(new Float32Array(buffer, byteOffset, target.length));
  else if (dtype === 'F16') decodeFloat16(new Uint16Array(buffer, byteOffset, target.length), target);
  else decodeBfloat16(new Uint16Array(buffer, byteOffset, target.length), target);
}
