/**
 * Half precision by hand: f16 (5 bits of exponent, 10 of mantissa) and bf16 (the upper half of an f32), as 16-bit
 * patterns in Uint16Arrays. JavaScript's own Float16Array is too young to rely on. Encoding rounds to nearest, ties to
 * even, goes through subnormals, and keeps infinities and NaN; a value too large becomes infinity.
 */

const floatScratch = new Float32Array(1);
const bitsScratch = new Uint32Array(floatScratch.buffer);

/** The largest finite f16. */
export const MAX_FLOAT16 = 65504;

/** The bits of the f16 nearest to `value` (which is rounded to f32 first). */
export function toFloat16Bits(value: number): number {
  floatScratch[0] = value;
  const bits = bitsScratch[0]!;
  const sign = (bits >>> 16) & 0x8000;
  const magnitude = bits & 0x7fffffff;
  if (magnitude >= 0x47800000) {
    // 2^16 and more: infinity, or a NaN that stays one (quiet, with the top of its payload).
    return magnitude > 0x7f800000 ? sign | 0x7e00 | ((magnitude >>> 13) & 0x3ff) : sign | 0x7c00;
  }
  if (magnitude < 0x38800000) {
    // Below 2^-14 the result counts multiples of 2^-24: adding 0.5 in f32 rounds to exactly that, ties to even.
    floatScratch[0] = Math.abs(floatScratch[0]) + 0.5;
    return sign | (bitsScratch[0]! - 0x3f000000);
  }
  // Rebias the exponent (127 to 15), then round the 13 bits that fall off; a carry moves into the exponent by itself.
  const lowestKept = (magnitude >>> 13) & 1;
  return sign | ((magnitude - 0x38000000 + 0xfff + lowestKept) >>> 13);
}

/** The value of an f16 bit pattern; exact. */
export function fromFloat16Bits(bits: number): number {
  const exponent = (bits >>> 10) & 31;
  const mantissa = bits & 0x3ff;
  if (exponent === 0) return (bits & 0x8000 ? -mantissa : mantissa) * 2 ** -24;
  const rebiased = exponent === 31 ? 255 : exponent + 112;
  bitsScratch[0] = ((bits & 0x8000) << 16) | (rebiased << 23) | (mantissa << 13);
  return floatScratch[0]!;
}

/** The f16 nearest to `value`, as a number. */
export function roundToFloat16(value: number): number {
  return fromFloat16Bits(toFloat16Bits(value));
}

/** The bits of the bf16 nearest to `value` (which is rounded to f32 first). */
export function toBfloat16Bits(value: number): number {
  floatScratch[0] = value;
  const bits = bitsScratch[0]!;
  if ((bits & 0x7fffffff) > 0x7f800000) return (bits >>> 16) | 0x40; // NaN: rounding could make it infinity
  const lowestKept = (bits >>> 16) & 1;
  return ((bits + 0x7fff + lowestKept) >>> 16) & 0xffff;
}

/** The value of a bf16 bit pattern; exact. */
export function fromBfloat16Bits(bits: number): number {
  bitsScratch[0] = bits << 16;
  return floatScratch[0]!;
}

/** Decodes f16 patterns into `target`, which has at least as many elements; returns `target`. */
export function decodeFloat16(
  source: Uint16Array,
  target: Float32Array<ArrayBuffer> = new Float32Array(source.length),
): Float32Array<ArrayBuffer> {
  for (let i = 0; i < source.length; i++) target[i] = fromFloat16Bits(source[i]!);
  return target;
}

/** Encodes f32 values as f16 patterns into `target`, which has at least as many elements; returns `target`. */
export function encodeFloat16(
  source: Float32Array,
  target: Uint16Array<ArrayBuffer> = new Uint16Array(source.length),
): Uint16Array<ArrayBuffer> {
  for (let i = 0; i < source.length; i++) target[i] = toFloat16Bits(source[i]!);
  return target;
}

/** Decodes bf16 patterns into `target`, which has at least as many elements; returns `target`. */
export function decodeBfloat16(
  source: Uint16Array,
  target: Float32Array<ArrayBuffer> = new Float32Array(source.length),
): Float32Array<ArrayBuffer> {
  const bits = new Uint32Array(target.buffer, target.byteOffset, source.length);
  for (let i = 0; i < source.length; i++) bits[i] = source[i]! << 16;
  return target;
}

/** Encodes f32 values as bf16 patterns into `target`, which has at least as many elements; returns `target`. */
export function encodeBfloat16(
  source: Float32Array,
  target: Uint16Array<ArrayBuffer> = new Uint16Array(source.length),
): Uint16Array<ArrayBuffer> {
  for (let i = 0; i < source.length; i++) target[i] = toBfloat16Bits(source[i]!);
  return target;
}
