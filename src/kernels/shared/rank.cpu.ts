/** Twin of rank.wgsl: tokens in order of likelihood, by keys that fall where logits rise. */

/** Of an infinity or a NaN. */
export const BAD_KEY = 0;
/** After every rank, as key and as id. */
export const LAST = 0xffff_ffff;

/** The key of a logit's bits. */
export function rankKey(bits: number): number {
  if ((bits & 0x7fff_ffff) >= 0x7f80_0000) return BAD_KEY;
  if (bits === 0x8000_0000) return 0x7fff_ffff; // -0 is 0
  return bits > 0x7fff_ffff ? bits : (bits ^ 0x7fff_ffff) >>> 0;
}

const word = new Uint32Array(1);
const float = new Float32Array(word.buffer);

/** The logit of a key. */
export function logitOf(key: number): number {
  word[0] = key > 0x7fff_ffff ? key : key ^ 0x7fff_ffff;
  return float[0]!;
}

/** Whether (key, id) comes before another rank. */
export function isBefore(key: number, id: number, otherKey: number, otherId: number): boolean {
  return key < otherKey || (key === otherKey && id < otherId);
}
