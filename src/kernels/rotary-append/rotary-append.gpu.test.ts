import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { WebGpuBackend } from '../../gpu/webgpu-backend';
import { roundUp } from '../../lib/shapes';
import { BLOCK, KV_FORMATS, kvBlockBytes } from '../shared/kv-pool';
import type { KvFormat } from '../shared/kv-pool';
import { placeOf, poolNumbers, storePosition } from '../shared/kv-pool.cpu';
import type { KvSide } from '../shared/kv-pool.cpu';
import { gpuBackend, randomNumbers, relativeError, runBoth } from '../testing/twins';
import { rotaryAppend, rotaryAppendBiased, rotaryAppendGrid, rotaryAppendNormed } from './rotary-append';

/** Products of a head, exponentials and sums over the context in f32. */
const F32_SUM_ERROR = 5e-6;

/** Of the largest number: f16 may round the other way, and so may int8, by a step of 1/127. */
const ROUNDING = { f16: 1e-3, f32: F32_SUM_ERROR, int8: 8e-3 } as const;

/** Words of int8 codes that may differ from the twin's: a device divides to 2.5 units in the last place, which turns ties. */
const TURNED_TIES = 2;

let gpu: WebGpuBackend;
beforeAll(async () => {
  gpu = await gpuBackend();
});
afterAll(() => gpu.destroy());

/** [query heads, kv heads, head_dim] */
const HEADS = [
  [1, 1, 8],
  [4, 2, 64],
  [2, 1, 40],
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

function setting([heads, kvHeads, headDim]: readonly [number, number, number], format: KvFormat) {
  const tableStride = 4;
  const blocks = 7;
  const tables = new Uint32Array([5, 9, 9, 9, 0, 3, 9, 9, 6, 1, 4, 9]); // 9 is never looked at
  const qkvStride = (heads + 2 * kvHeads) * headDim + 3;
  const constants = {
    Q_HEADS: heads,
    KV_HEADS: kvHeads,
    HEAD_DIM: headDim,
    QKV_STRIDE: qkvStride,
    KV_FORMAT: KV_FORMATS.indexOf(format),
    TABLE_STRIDE: tableStride,
  };
  /** Every position of every block filled, by a sequence that owns them all. */
  const pool = (side: KvSide) => {
    const bits = new Uint32Array((blocks * kvBlockBytes(format, kvHeads, headDim)) / 4);
    const view = { u32: bits, f32: new Float32Array(bits.buffer) };
    const everyBlock = { u32: Uint32Array.from({ length: blocks }, (_, i) => i), f32: new Float32Array() };
    const numbers = randomNumbers(side.length, blocks * BLOCK * kvHeads * headDim);
    for (let at = 0; at < blocks * BLOCK * kvHeads; at++) {
      const place = placeOf(everyBlock, constants, 0, Math.floor(at / kvHeads), at % kvHeads);
      const magnitude = 1 + (at % 5); // so that scales differ
      storePosition(
        view,
        side,
        format,
        place,
        numbers.subarray(at * headDim, (at + 1) * headDim).map((n) => magnitude * n),
      );
    }
    return bits;
  };
  return {
    contents: {
      qkv: randomNumbers(heads, ROWS.length * qkvStride),
      rows: new Uint32Array(ROWS.flatMap(([position, sequence]) => [0, position, sequence, 0])),
      tables,
      keys: pool('keys'),
      values: pool('values'),
    },
    constants,
  };
}

describe.each(KV_FORMATS)('rotary-append with keys and values in %s', (format) => {
  const decode = (side: KvSide, bytes: ArrayBuffer, headDim: number) =>
    poolNumbers({ u32: new Uint32Array(bytes), f32: new Float32Array(bytes) }, side, format, headDim);

  it.each(HEADS)('agrees with its twin: %i query heads, %i kv heads of %i', async (...heads) => {
    const { contents, constants } = setting(heads, format);
    const [queryHeads, kvHeads, headDim] = heads;
    const rotations = randomNumbers(3, 71 * headDim);
    const grid = rotaryAppendGrid(queryHeads + 2 * kvHeads, headDim, ROWS.length);
    const whole = { ...constants, ROTARY_DIM: headDim };
    const both = await runBoth(gpu, rotaryAppend, { ...contents, rotations }, whole, grid);
    const [found, expected] = [new Float32Array(both.gpu['qkv']!), new Float32Array(both.cpu['qkv']!)];
    expect(relativeError(found, expected), 'qkv').toBeLessThan(F32_SUM_ERROR);
    for (const name of ['keys', 'values'] as const) {
      const [gpuNumbers, cpuNumbers] = [decode(name, both.gpu[name]!, headDim), decode(name, both.cpu[name]!, headDim)];
      expect(relativeError(gpuNumbers, cpuNumbers), name).toBeLessThan(ROUNDING[format]);
      expect(decode(name, contents[name].buffer, headDim), `${name} before`).not.toEqual(cpuNumbers);
    }
    if (format !== 'int8') return;
    // Values are quantised as they come, so both pools hold the same words.
    const [gpuWords, cpuWords] = [new Uint32Array(both.gpu['values']!), new Uint32Array(both.cpu['values']!)];
    const otherWords = gpuWords.filter((word, i) => word !== cpuWords[i]).length;
    expect(otherWords).toBeLessThanOrEqual(TURNED_TIES);
  });

  it.each([HEADS[0], HEADS[2], HEADS[4]])(
    'parts of heads turn, biases and norms come first: %i query heads, %i kv heads of %i',
    async (...heads) => {
      const { contents, constants } = setting(heads, format);
      const [queryHeads, kvHeads, headDim] = heads;
      const all = queryHeads + 2 * kvHeads;
      const grid = rotaryAppendGrid(all, headDim, ROWS.length);
      const bias = randomNumbers(11, all * roundUp(headDim, 32));
      const norms = randomNumbers(12, 2 * roundUp(headDim, 32));
      const compare = async (name: string, both: Awaited<ReturnType<typeof runBoth>>) => {
        const [found, expected] = [new Float32Array(both.gpu['qkv']!), new Float32Array(both.cpu['qkv']!)];
        expect(relativeError(found, expected), `${name}: queries`).toBeLessThan(F32_SUM_ERROR);
        for (const pool of ['keys', 'values'] as const) {
          const error = relativeError(decode(pool, both.gpu[pool]!, headDim), decode(pool, both.cpu[pool]!, headDim));
          expect(error, `${name}: ${pool}`).toBeLessThan(ROUNDING[format]);
        }
      };
      for (const ROTARY_DIM of [0, headDim - 2, headDim]) {
        const turning = { ...constants, ROTARY_DIM };
        const buffers = { ...contents, rotations: randomNumbers(3, 71 * Math.max(ROTARY_DIM, 2)) };
        if (ROTARY_DIM === 0) await compare('unturned', await runBoth(gpu, rotaryAppend, buffers, turning, grid));
        if (ROTARY_DIM > 0) {
          await compare('biased', await runBoth(gpu, rotaryAppendBiased, { ...buffers, bias }, turning, grid));
        }
        const normed = { ...turning, EPSILON: 0.01 };
        await compare('normed', await runBoth(gpu, rotaryAppendNormed, { ...buffers, norms }, normed, grid));
      }
    },
  );
});
