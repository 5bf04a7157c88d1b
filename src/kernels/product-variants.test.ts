import { describe, expect, it } from 'vitest';
import { integerTiledBytes, tiledBytes, tiledShare } from './matmul/matmul';
import { lanesOf, outputsPerRank, productVariants, ROW_CLASSES, rowClass, sharingConstants } from './product-variants';
import { DECODERS, isIntegerDecoder } from './shared/packed';
import type { ProductKey } from './product-variants';

const LANES = [1, 2, 4, 8, 16, 32, 64];
const RESULTS = ['products', 'gated', 'ranks'] as const;

/** What the rows may be: as they are, normed by the product, or codes. */
function rowsOf(decoder: ProductKey['decoder'], result: ProductKey['result']) {
  const plain = { activations: 'f32', normed: false } as const;
  if (result === 'ranks') return [plain];
  const codes = { activations: 'int8', normed: false } as const;
  return [plain, { ...plain, normed: true }, ...(isIntegerDecoder(decoder) ? [codes] : [])];
}

const THREADS = [{ lanes: 1, quads: true }, ...LANES.map((lanes) => ({ lanes, quads: false }))];
const keys = THREADS.flatMap((threads) =>
  ROW_CLASSES.flatMap((rows) =>
    RESULTS.flatMap((result) =>
      DECODERS.flatMap((decoder) =>
        rowsOf(decoder, result).map((x): ProductKey => {
          return { decoder, width: 576, outputs: 1536, rows, result, ...x, ...threads };
        }),
      ),
    ),
  ),
);

describe('the variants of every key', () => {
  it('are at most eight, all different', () => {
    for (const key of keys) {
      const variants = productVariants(key);
      expect(variants.length).toBeLessThanOrEqual(8);
      expect(new Set(variants.map((variant) => JSON.stringify(variant))).size).toBe(variants.length);
    }
  });

  it('keep within what every device has', () => {
    for (const key of keys) {
      for (const variant of productVariants(key)) {
        const { workgroup, outputsPerThread, rowsPerThread } = variant;
        expect(workgroup).toBeLessThanOrEqual(256);
        expect(workgroup % key.lanes === 0 || variant.kernel === 'tiled').toBe(true);
        if (key.result === 'gated') expect(outputsPerThread % 2).toBe(0);
        const kept = (outputsPerThread + (key.normed ? 1 : 0)) * rowsPerThread;
        const shared = key.lanes === 1 ? 0 : 4 * workgroup * kept;
        const ranks = key.result === 'ranks' ? 8 * workgroup * rowsPerThread : 0;
        const bytes = key.activations === 'int8' ? integerTiledBytes : tiledBytes;
        const tile = bytes(tiledShare(sharingConstants(key, variant)), key.decoder);
        expect(variant.kernel === 'tiled' ? tile : shared + ranks).toBeLessThanOrEqual(16384);
      }
    }
  });

  it('give as many ranks as each other', () => {
    for (const key of keys.filter(({ result }) => result === 'ranks')) {
      for (const { kernel, workgroup, outputsPerThread } of productVariants(key)) {
        expect(kernel).not.toBe('tiled');
        expect((workgroup / key.lanes) * outputsPerThread).toBe(outputsPerRank(key.lanes));
      }
    }
  });
});

it('a class of rows has the rows up to its number', () => {
  expect([1, 2, 3, 4, 5, 8, 9, 16, 17, 64, 512].map(rowClass)).toEqual([1, 2, 4, 4, 8, 8, 16, 16, 64, 64, 64]);
});

it('narrow matrices have fewer lanes, of two chunks each at least', () => {
  expect([1, 64, 128, 288, 576, 4096].map((width) => lanesOf(width, 32))).toEqual([1, 1, 2, 4, 8, 32]);
  expect(lanesOf(4096, 8)).toBe(8);
});
