import { afterAll, beforeAll, expect, it } from 'vitest';
import type { WebGpuBackend } from '../../gpu/webgpu-backend';
import { roundUp } from '../../lib/shapes';
import { CHUNK } from '../../quant/format';
import { QUANTIZED_WORDS, quantizedBytes } from '../shared/quantized';
import { gpuBackend, randomNumbers, runBoth } from '../testing/twins';
import { quantizeRows } from './quantize-rows';
import { quantizeRowsGrid } from './quantize-rows-grid';

let gpu: WebGpuBackend;
beforeAll(async () => {
  gpu = await gpuBackend();
});
afterAll(() => gpu.destroy());

/** Rows of numbers of very different sizes, chunk by chunk: none at all, tiny ones, one outlier among small ones, large ones. */
const SIZES = [0, 1e-35, 1e-12, 0.003, 1, 3e4, 1e30];

it.each([
  [1, 1],
  [3, 33],
  [2, 172],
  [5, 256],
  [2, 2100],
])('agrees with the twin: %i rows of %i', async (rows, width) => {
  const stride = roundUp(width, CHUNK);
  const x = new Float32Array(rows * stride);
  for (let row = 0; row < rows; row++) {
    const numbers = randomNumbers(row, width).map((value, i) => {
      const outlier = i % 50 === 7 ? 100 : 1;
      return outlier * value * SIZES[(row + Math.floor(i / CHUNK)) % SIZES.length]!;
    });
    x.set(width === 1 ? [0.3] : numbers, row * stride);
  }
  const chunks = stride / CHUNK;
  const quantized = new Float32Array(quantizedBytes(rows, stride) / 4).fill(7);
  const both = await runBoth(gpu, quantizeRows, { x, quantized }, { CHUNKS: chunks }, quantizeRowsGrid(chunks, rows));
  const [found, expected] = [both.gpu['quantized']!, both.cpu['quantized']!].map((bytes) => ({
    f32: new Float32Array(bytes),
    i8: new Int8Array(bytes),
  })) as [Record<'f32', Float32Array> & Record<'i8', Int8Array>, Record<'f32', Float32Array> & Record<'i8', Int8Array>];
  let codesApart = 0;
  for (let chunk = 0; chunk < rows * chunks; chunk++) {
    const at = QUANTIZED_WORDS * chunk;
    expect(found.f32[at + 8], `scale of chunk ${chunk}`).toBe(expected.f32[at + 8]);
    const sums = [0, 0];
    for (let i = 0; i < CHUNK; i++) {
      const code = found.i8[4 * at + i]!;
      const apart = Math.abs(code - expected.i8[4 * at + i]!);
      expect(apart, `code ${i} of chunk ${chunk}`).toBeLessThanOrEqual(1);
      codesApart += apart;
      sums[i >> 4]! += code;
      const lost = Math.abs(x[CHUNK * chunk + i]! - code * found.f32[at + 8]!);
      expect(lost, `number ${i} of chunk ${chunk}`).toBeLessThanOrEqual(
        Math.max(0.501 * found.f32[at + 8]!, 2 ** -100),
      );
    }
    expect([...found.f32.slice(at + 9, at + 12)], `sums of chunk ${chunk}`).toEqual([...sums, 0]);
  }
  expect(codesApart).toBeLessThanOrEqual(rows * width * 0.01); // only where a number lies halfway
});
