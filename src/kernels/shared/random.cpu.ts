/**
 * Randomness without state: each draw is a function of the request's seed, the position being drawn and the token id.
 * So the same seed gives the same answer however rows are batched, and a GPU computes any draw by itself (random.wgsl):
 * Threefry needs only 32-bit additions, rotations and exclusive-ors.
 *
 * Threefry-2x32 with 20 rounds: Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as 1, 2, 3" (2011).
 */

/** Left rotations of the eight rounds between which the cipher repeats. */
const ROTATIONS = [13, 15, 26, 6, 17, 29, 16, 24] as const;
const PARITY = 0x1bd11bda;
const ROUNDS = 20;

/**
 * Enciphers the counter under the key. All words are unsigned 32-bit integers.
 * @param out receives the two words; they are also valid as the next call's `out`.
 */
export function threefry2x32(counter0: number, counter1: number, key0: number, key1: number, out: Uint32Array): void {
  const key2 = PARITY ^ key0 ^ key1;
  let x0 = (counter0 + key0) | 0;
  let x1 = (counter1 + key1) | 0;
  for (let round = 0; round < ROUNDS; round++) {
    const rotation = ROTATIONS[round & 7]!;
    x0 = (x0 + x1) | 0;
    x1 = ((x1 << rotation) | (x1 >>> (32 - rotation))) ^ x0;
    if ((round & 3) === 3) {
      const injection = (round >> 2) + 1; // 1 … 5
      x0 = (x0 + keyWord(injection % 3, key0, key1, key2)) | 0;
      x1 = (x1 + keyWord((injection + 1) % 3, key0, key1, key2) + injection) | 0;
    }
  }
  out[0] = x0;
  out[1] = x1;
}

function keyWord(index: number, key0: number, key1: number, key2: number): number {
  return index === 0 ? key0 : index === 1 ? key1 : key2;
}

/** A uniform number in (0, 1) from 32 random bits: the middle of its cell, so never 0 and never 1. */
export function uniform(bits: number): number {
  return (bits + 0.5) / 2 ** 32;
}

const words = new Uint32Array(2);

/**
 * The 32 random bits that belong to a token at a position.
 * Key: the low and high word of the seed; counter: position, token id. The first word is taken; the second is free for
 * whatever else is decided about this token here.
 */
export function tokenBits(seedLow: number, seedHigh: number, position: number, tokenId: number): number {
  threefry2x32(position, tokenId, seedLow, seedHigh, words);
  return words[0]!;
}

/**
 * The uniform number in (0, 1) that belongs to a token at a position.
 * @param seed integer in [0, 2^53).
 */
export function tokenUniform(seed: number, position: number, tokenId: number): number {
  return uniform(tokenBits(seed >>> 0, Math.floor(seed / 2 ** 32), position, tokenId)); // `>>>` is modulo 2^32
}

/** An exponential number of mean 1: -log(1 - u) of the uniform number u of these bits. */
export function exponential(bits: number): number {
  return -Math.log1p(-uniform(bits));
}
