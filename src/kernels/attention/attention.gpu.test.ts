import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { WebGpuBackend } from '../../gpu/webgpu-backend';
import { divideUp } from '../../lib/shapes';
import { decodeFloat16, encodeFloat16 } from '../../quant/float16';
import { rotaryAppend } from '../rotary-append/rotary-append';
import { BLOCK } from '../shared/kv-pool';
import { gpuBackend, randomNumbers, relativeError, runBoth } from '../testing/twins';
import { attention } from './attention';

/** Products of a head, exponentials and sums over the context in f32. */
const F32_SUM_ERROR = 5e-6;

/** A number that falls between two f16 may be stored as either. */
const F16_ROUNDING = 1e-3;

let gpu: WebGpuBackend;
beforeAll(async () => {
  gpu = await gpuBackend();
});
afterAll(() => gpu.destroy());

/** [query heads, kv heads, head_dim] */
const HEADS = [
  [1, 1, 8],
  [4, 2, 64],
  [6, 2, 96],
  [3, 1, 256],
] as const;

/** Rows of three sequences, at the edges of blocks and beyond. */
const ROWS = [
  [0, 0],
  [31, 1],
  [32, 1],
  [70, 2],
] as const;

function setting([heads, kvHeads, headDim]: readonly [number, number, number], kvF32: boolean) {
  const tableStride = 4;
  const blocks = 7;
  const tables = new Uint32Array([5, 9, 9, 9, 0, 3, 9, 9, 6, 1, 4, 9]); // 9 is never looked at
  const numbers = blocks * kvHeads * BLOCK * headDim;
  const pool = (seed: number) => {
    const floats = randomNumbers(seed, numbers);
    return kvF32 ? new Uint32Array(floats.buffer) : new Uint32Array(encodeFloat16(floats).buffer);
  };
  const qkvStride = (heads + 2 * kvHeads) * headDim + 3;
  return {
    contents: {
      qkv: randomNumbers(heads, ROWS.length * qkvStride),
      rows: new Uint32Array(ROWS.flatMap(([position, sequence]) => [0, position, sequence, 0])),
      tables,
      keys: pool(1),
      values: pool(2),
    },
    constants: {
      Q_HEADS: heads,
      KV_HEADS: kvHeads,
      HEAD_DIM: headDim,
      QKV_STRIDE: qkvStride,
      KV_F32: kvF32 ? 1 : 0,
      TABLE_STRIDE: tableStride,
    },
  };
}

describe.each([true, false])('with keys and values as f32: %s', (kvF32) => {
  it.each(HEADS)('attention agrees with its twin: %i query heads, %i kv heads of %i', async (...heads) => {
    const { contents, constants } = setting(heads, kvF32);
    const yStride = heads[0] * heads[2] + 1;
    const both = await runBoth(
      gpu,
      attention,
      { ...contents, y: new Float32Array(ROWS.length * yStride) },
      { ...constants, Y_STRIDE: yStride, SCALE: 3 * heads[2] ** -0.5 },
      [heads[0], 1, ROWS.length],
    );
    const error = relativeError(new Float32Array(both.gpu['y']!), new Float32Array(both.cpu['y']!));
    expect(error).toBeLessThan(F32_SUM_ERROR);
  });

  it.each(HEADS)('rotary-append agrees with its twin: %i query heads, %i kv heads of %i', async (...heads) => {
    const { contents, constants } = setting(heads, kvF32);
    const [queryHeads, kvHeads, headDim] = heads;
    const rotations = randomNumbers(3, 71 * headDim);
    const grid = [divideUp(((queryHeads + 2 * kvHeads) * headDim) / 4, 64), 1, ROWS.length] as const;
    const both = await runBoth(gpu, rotaryAppend, { ...contents, rotations }, constants, grid);
    for (const name of ['qkv', 'keys', 'values']) {
      const f16 = !kvF32 && name !== 'qkv';
      const decode = (bytes: ArrayBuffer) => (f16 ? decodeFloat16(new Uint16Array(bytes)) : new Float32Array(bytes));
      const error = relativeError(decode(both.gpu[name]!), decode(both.cpu[name]!));
      expect(error, name).toBeLessThan(f16 ? F16_ROUNDING : F32_SUM_ERROR);
    }
  });
});
