import { afterAll, beforeAll, expect, it } from 'vitest';
import type { WebGpuBackend } from '../../gpu/webgpu-backend';
import { roundUp } from '../../lib/shapes';
import { CHUNK } from '../../quant/format';
import { dequantize } from '../quantize-rows/quantize-rows.cpu';
import { quantizedBytes } from '../shared/quantized';
import { gpuBackend, randomNumbers, relativeError, runBoth } from '../testing/twins';
import { rmsNorm } from './rms-norm';
import { rmsNormQuantized } from './rms-norm-quantized';

const F32_SUM_ERROR = 1e-6;

/** A number that lies halfway between two codes may get either: one step of its chunk. */
const CODE_STEP = 1 / 127;

let gpu: WebGpuBackend;
beforeAll(async () => {
  gpu = await gpuBackend();
});
afterAll(() => gpu.destroy());

it.each([
  [1, 1],
  [3, 33],
  [2, 172],
  [5, 256],
  [2, 4100],
])('agrees with the twin: %i rows of %i', async (rows, width) => {
  const stride = roundUp(width, CHUNK);
  // Small numbers, so that the epsilon counts.
  const x = new Float32Array(rows * stride);
  for (let row = 0; row < rows; row++) {
    x.set(
      randomNumbers(row, width).map((v) => 0.003 * v),
      row * stride,
    );
  }
  const weight = new Float32Array(stride);
  weight.set(randomNumbers(99, width));
  const y = randomNumbers(7, rows * stride);
  for (const ADD of [0, 1]) {
    const constants = { STRIDE: stride / 4, WIDTH: width, EPSILON: 1e-5, ADD };
    const both = await runBoth(gpu, rmsNorm, { x, weight, y }, constants, [1, 1, rows]);
    const error = relativeError(new Float32Array(both.gpu['y']!), new Float32Array(both.cpu['y']!));
    expect(error, ADD === 1 ? 'added' : 'stored').toBeLessThan(F32_SUM_ERROR);
  }
  const quantized = new Float32Array(quantizedBytes(rows, stride) / 4);
  const constants = { STRIDE: stride / 4, WIDTH: width, EPSILON: 1e-5 };
  const both = await runBoth(gpu, rmsNormQuantized, { x, weight, quantized }, constants, [1, 1, rows]);
  const [found, expected] = [both.gpu, both.cpu].map(({ quantized: bytes }) =>
    dequantize({ f32: new Float32Array(bytes!), u32: new Uint32Array(bytes!) }),
  );
  expect(relativeError(found!, expected!), 'as codes').toBeLessThan(1.01 * CODE_STEP);
});
