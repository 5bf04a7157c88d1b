import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { WebGpuBackend } from '../../gpu/webgpu-backend';
import { divideUp } from '../../lib/shapes';
import { rowClass } from '../product-variants';
import { BLOCK, KV_FORMATS, kvBlockBytes } from '../shared/kv-pool';
import type { KvFormat } from '../shared/kv-pool';
import { placeOf, storePosition } from '../shared/kv-pool.cpu';
import type { KvSide } from '../shared/kv-pool.cpu';
import { gpuBackend, randomNumbers, relativeError, runBoth, runKernel } from '../testing/twins';
import { attention, mergeGrid, mergeSplits } from './attention';
import { attentionTiling, attentionVariants } from './attention-variants';
import type { AttentionKey } from './attention-variants';
import { SPLIT } from './splits';

/** Products of a head, exponentials and sums over the context in f32. */
const F32_SUM_ERROR = 5e-6;

let gpu: WebGpuBackend;
beforeAll(async () => {
  gpu = await gpuBackend();
});
afterAll(() => gpu.destroy());

type Row = readonly [position: number, sequence: number];
type Heads = readonly [heads: number, kvHeads: number, headDim: number];
type View = readonly [window: number, softCap: number];

/** Without a window; with one that begins within the row's block, in another one, in another split. */
const VIEWS: View[] = [
  [0, 0],
  [24, 2.5],
  [70, 0],
  [SPLIT + 9, 30],
];

const HEADS: Heads[] = [
  [2, 2, 8],
  [4, 2, 64],
  [3, 1, 40],
  [8, 2, 96],
  [7, 1, 128],
  [8, 1, 80],
  [3, 1, 256],
];

/** Rows that a workgroup may take, and lanes. */
const DEALS = [
  [1, 8],
  [2, 1],
  [33, 1],
  [3, 8],
] as const;

/** `count` rows of one sequence from `position` on. */
const run = (sequence: number, position: number, count: number): Row[] =>
  Array.from({ length: count }, (_, i) => [position + i, sequence]);

/** Edges of blocks and of splits; runs that are cut, that meet, and that end where another sequence begins. */
const ROWS: Row[] = [
  ...run(0, 0, 1),
  ...run(1, 31, 1),
  ...run(1, 63, 3),
  ...run(2, 2 * SPLIT - 2, 5),
  ...run(0, SPLIT - 1, 1),
  ...run(1, 2, 9),
];

const SEQUENCES = 3;
const TABLE_STRIDE = divideUp(2 * SPLIT + 8, BLOCK);

/** Pools in which every position of every sequence has numbers, queries, and tables in no order. */
function setting([heads, kvHeads, headDim]: Heads, format: KvFormat, rows: readonly Row[]) {
  const blocks = SEQUENCES * TABLE_STRIDE;
  const shuffled = Uint32Array.from({ length: blocks }, (_, i) => (i * 7 + 3) % blocks);
  const tables = { u32: shuffled, f32: new Float32Array() };
  const qkvStride = (heads + 2 * kvHeads) * headDim + 4;
  const constants = {
    Q_HEADS: heads,
    KV_HEADS: kvHeads,
    HEAD_DIM: headDim,
    QKV_STRIDE: qkvStride,
    KV_FORMAT: KV_FORMATS.indexOf(format),
    TABLE_STRIDE,
    Y_STRIDE: heads * headDim + 4,
    SCALE: 3 * headDim ** -0.5,
  };
  const pool = (side: KvSide) => {
    const bits = new Uint32Array((blocks * kvBlockBytes(format, kvHeads, headDim)) / 4);
    const view = { u32: bits, f32: new Float32Array(bits.buffer) };
    const numbers = randomNumbers(side.length, blocks * BLOCK * kvHeads * headDim);
    for (let at = 0; at < blocks * BLOCK * kvHeads; at++) {
      const position = Math.floor(at / kvHeads);
      const [sequence, own] = [Math.floor(position / (TABLE_STRIDE * BLOCK)), position % (TABLE_STRIDE * BLOCK)];
      const magnitude = 1 + (at % 5); // so that scales differ
      const content = numbers.subarray(at * headDim, (at + 1) * headDim).map((n) => magnitude * n);
      storePosition(view, side, format, placeOf(tables, constants, sequence, own, at % kvHeads), content);
    }
    return bits;
  };
  const places = rows.map(([position]) => position); // as those of a prompt's rows
  return {
    contents: {
      qkv: randomNumbers(heads, rows.length * qkvStride),
      rows: new Uint32Array(rows.flatMap(([position, sequence], i) => [0, position, sequence, places[i]!])),
      tables: shuffled,
      keys: pool('keys'),
      values: pool('values'),
    },
    constants,
  };
}

type Setting = ReturnType<typeof setting>;

/** What the rows gather: merged at once, or from partial results. */
async function gathered({ contents, constants }: Setting, [WINDOW, SOFT_CAP]: View, runRows: number, lanes: number) {
  const { Q_HEADS, HEAD_DIM, Y_STRIDE } = constants;
  const key = keyOf(constants, runRows, lanes);
  const tiling = attentionTiling(key, attentionVariants(key)[0]);
  const rowCount = contents.rows.length / 4;
  const view = { ...constants, ...tiling, WINDOW, SOFT_CAP };
  const y = new Float32Array(rowCount * Y_STRIDE);
  const grid = [Q_HEADS / tiling.HEADS, 1, rowCount] as const;
  const whole = await runBoth(gpu, attention, { ...contents, y }, { ...view, SPLITS: 0 }, grid);

  const SPLITS = divideUp(TABLE_STRIDE * BLOCK, SPLIT);
  const partials = new Float32Array(rowCount * Q_HEADS * SPLITS * (HEAD_DIM + 4));
  const inSplits = [grid[0], SPLITS, rowCount] as const;
  const parts = await runBoth(gpu, attention, { ...contents, y: partials }, { ...view, SPLITS }, inSplits);
  const merging = { rows: contents.rows, partials: new Float32Array(parts.gpu['y']!), y };
  const merged = await runBoth(gpu, mergeSplits, merging, { ...view, SPLITS }, mergeGrid(Q_HEADS, HEAD_DIM, rowCount));
  expect(relativeError(new Float32Array(merged.gpu['y']!), new Float32Array(merged.cpu['y']!))).toBeLessThan(
    F32_SUM_ERROR,
  );
  return {
    found: new Float32Array(whole.gpu['y']!),
    expected: new Float32Array(whole.cpu['y']!),
    merged: new Float32Array(merged.gpu['y']!),
  };
}

function keyOf(constants: Setting['constants'], runRows: number, lanes: number): AttentionKey {
  const { Q_HEADS, KV_HEADS, HEAD_DIM, KV_FORMAT } = constants;
  return {
    group: Q_HEADS / KV_HEADS,
    kvHeads: KV_HEADS,
    headDim: HEAD_DIM,
    kvFormat: KV_FORMATS[KV_FORMAT]!,
    window: 0,
    rows: rowClass(ROWS.length),
    run: rowClass(runRows),
    split: false,
    lanes,
  };
}

/** Every shape in some format with some view; in the deep run every one with every other. */
const CASES = KV_FORMATS.flatMap((format, f) =>
  HEADS.flatMap((heads, h) =>
    VIEWS.filter((_, v) => import.meta.env['HEARTH_DEEP'] === '1' || (h % 3 === f && v === h % 4)).map(
      (view, v) => [format, ...heads, ...view, ...DEALS[(h + v) % 4]!] as const,
    ),
  ),
);

it.each(CASES)(
  'agrees with its twin, at once and in splits: %s, %i query heads, %i kv heads of %i, window %i, cap %f, runs of %i, %i lanes',
  async (format, heads, kvHeads, headDim, window, cap, runRows, lanes) => {
    const set = setting([heads, kvHeads, headDim], format, ROWS);
    const { found, expected, merged } = await gathered(set, [window, cap], runRows, lanes);
    expect(relativeError(found, expected)).toBeLessThan(F32_SUM_ERROR);
    expect(firstDifference(merged, found)).toBeNull();
  },
);

describe.each(['f16', 'int8'] as const)('with keys and values in %s', (format) => {
  it('a row has the same bits however rows share workgroups and threads', async () => {
    const set = setting([4, 2, 32], format, ROWS);
    const view = [SPLIT + 9, 0] as const;
    const { found } = await gathered(set, view, 1, 1);
    for (const [runRows, lanes] of [
      [3, 1],
      [8, 8],
    ] as const) {
      const { found: other, merged } = await gathered(set, view, runRows, lanes);
      expect(firstDifference(other, found), `runs of ${runRows}, ${lanes} lanes`).toBeNull();
      expect(firstDifference(merged, found), `runs of ${runRows}, ${lanes} lanes, split`).toBeNull();
    }
  });
});

/** Query heads, kv heads and their size; format; rows that follow each other; lanes. */
const OFFERED = [
  [[4, 2, 32], 'f16', 3, 8],
  [[3, 1, 64], 'int8', 1, 1],
  ...(import.meta.env['HEARTH_DEEP'] === '1'
    ? ([
        [[4, 2, 80], 'f32', 33, 8],
        [[7, 1, 128], 'int8', 4, 32],
        [[3, 1, 256], 'f16', 9, 1],
      ] as const)
    : []),
] as const;

it.each(OFFERED)(
  'all variants give the same bits: heads %o in %s, runs of %i, %i lanes',
  async (heads, format, runRows, lanes) => {
    const { contents, constants } = setting(heads, format, ROWS);
    const key = keyOf(constants, runRows, lanes);
    const y = new Float32Array(ROWS.length * constants.Y_STRIDE);
    const found: Float32Array[] = [];
    for (const variant of attentionVariants(key)) {
      const tiling = attentionTiling(key, variant);
      const call = { ...constants, ...tiling, WINDOW: 0, SOFT_CAP: 0, SPLITS: 0 };
      const grid = [constants.Q_HEADS / tiling.HEADS, 1, ROWS.length] as const;
      found.push(new Float32Array((await runKernel(gpu, attention, { ...contents, y }, call, grid))['y']!));
    }
    expect(found.length).toBeGreaterThan(1);
    expect(found[0]!.every((number) => number === 0)).toBe(false);
    for (const other of found) expect(firstDifference(other, found[0]!)).toBeNull();
  },
);

function firstDifference(found: Float32Array, expected: Float32Array): number | null {
  const at = expected.findIndex((number, i) => !Object.is(found[i], number));
  return at < 0 ? null : at;
}
