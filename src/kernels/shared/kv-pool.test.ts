import { describe, expect, it } from 'vitest';
import { randomNumbers } from '../testing/twins';
import { BLOCK, KV_FORMATS, KV_GROUP, kvBlockBytes, kvPositionBytes } from './kv-pool';
import type { KvFormat } from './kv-pool';
import { loadPosition, placeOf, poolNumbers, storePosition } from './kv-pool.cpu';

/** Largest error of a stored number, relative to the largest magnitude of its group; half a step each. */
const STEP: Record<KvFormat, number> = { f32: 0, f16: 2 ** -11, int8: 1.0001 / 254 };

const view = (words: number) => {
  const u32 = new Uint32Array(words);
  return { u32, f32: new Float32Array(u32.buffer) };
};

const tables = { u32: Uint32Array.of(2, 0, 1), f32: new Float32Array() };

/** A pool of three blocks of one sequence, and every place in it. */
function poolOf(format: KvFormat, kvHeads: number, headDim: number) {
  const constants = {
    KV_HEADS: kvHeads,
    HEAD_DIM: headDim,
    KV_FORMAT: KV_FORMATS.indexOf(format),
    TABLE_STRIDE: 3,
  };
  const places = Array.from({ length: 3 * BLOCK * kvHeads }, (_, i) =>
    placeOf(tables, constants, 0, Math.floor(i / kvHeads), i % kvHeads),
  );
  return { pool: view((3 * kvBlockBytes(format, kvHeads, headDim)) / 4), places };
}

describe.each(KV_FORMATS.flatMap((format) => (['keys', 'values'] as const).map((side) => [side, format] as const)))(
  'a pool of %s in %s',
  (side, format) => {
    it.each([8, 24, 64, 96, 256])(
      'gives back every position of heads of %i, all of them stored before the first is read',
      (headDim) => {
        const { pool, places } = poolOf(format, 2, headDim);
        const numbers = places.map((_, i) => randomNumbers(i, headDim).map((number) => (1 + (i % 7)) * number));
        places.forEach((place, i) => storePosition(pool, side, format, place, numbers[i]!));
        const found = new Float32Array(headDim);
        for (const [i, place] of places.entries()) {
          loadPosition(pool, side, format, place, found);
          for (let start = 0; start < headDim; start += KV_GROUP) {
            const group = numbers[i]!.subarray(start, start + KV_GROUP);
            const largest = Math.max(...group.map(Math.abs));
            const error = Math.max(...group.map((number, k) => Math.abs(found[start + k]! - number)));
            expect(error).toBeLessThanOrEqual(STEP[format] * largest);
          }
        }
        const all = poolNumbers(pool, side, format, headDim);
        loadPosition(pool, side, format, { tile: 0, position: 1 }, found);
        expect(all.subarray(headDim, 2 * headDim)).toEqual(found);
        expect(all.length).toBe(3 * 2 * BLOCK * headDim);
      },
    );
  },
);

describe('int8', () => {
  it('takes a byte a number, up to whole 16, and a scale for each group, the last of which may be short', () => {
    expect([8, 32, 64, 96, 80].map((headDim) => kvPositionBytes('int8', headDim))).toEqual([20, 36, 72, 108, 92]);
  });

  it('stores the largest magnitude as 127 and rounds ties to even', () => {
    const pool = view(kvBlockBytes('int8', 1, 40) / 4);
    const numbers = new Float32Array(40);
    numbers.set([0.5, 1.5, -2.5, 126.5, -127, 3.49, -0.5]);
    numbers.set([0.25, -0.5], 32); // a short group with a scale of its own
    storePosition(pool, 'values', 'int8', { tile: 0, position: 3 }, numbers);
    const codes = new Int8Array(pool.u32.buffer, 3 * 48, 40);
    expect([...codes.subarray(0, 8)]).toEqual([0, 2, -2, 126, -127, 3, 0, 0]);
    expect([...codes.subarray(32, 35)]).toEqual([64, -127, 0]); // 63.5 is a tie
    const scales = pool.f32.subarray((BLOCK * 48) / 4);
    expect([scales[3], scales[BLOCK + 3]]).toEqual([127, 0.5]);
  });

  it('stores zeros, and what is too small to divide by, as zeros', () => {
    const pool = view(kvBlockBytes('int8', 1, 64) / 4);
    const numbers = new Float32Array(64).fill(1e-40, 32);
    storePosition(pool, 'values', 'int8', { tile: 0, position: 0 }, numbers);
    const found = new Float32Array(64).fill(1);
    loadPosition(pool, 'values', 'int8', { tile: 0, position: 0 }, found);
    expect(found).toEqual(new Float32Array(64));
  });
});
