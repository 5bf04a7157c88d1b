import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { WebGpuBackend } from '../../gpu/webgpu-backend';
import { roundUp } from '../../lib/shapes';
import { CHUNK, formatName } from '../../quant/format';
import type { PackedFormat } from '../../quant/format';
import { packRows } from '../../quant/pack';
import { productVariants, ROW_CLASSES, sharingConstants } from '../product-variants';
import { gridOfVariant } from '../product';
import type { ProductKey, ProductVariant, RowClass } from '../product-variants';
import { Epilogue, isGated } from '../shared/epilogue';
import { decoderOf, packedConstants } from '../shared/packed';
import { appBackend, gpuBackend, randomNumbers, relativeError, runBoth, runKernel } from '../testing/twins';
import { matmul, matmulNormed, matmulTiled, matmulTiledNormed } from './matmul';

/** f32 sums of a few hundred products against f64 sums of the same numbers. */
const F32_SUM_ERROR = 2e-6;

const FORMATS: PackedFormat[] = [
  { kind: 'int4', group: 32, affine: false, scale: 'f16' },
  { kind: 'int4', group: 32, affine: true, scale: 'f16' },
  { kind: 'int4', group: 64, affine: true, scale: 'f16' },
  { kind: 'int4', group: 128, affine: false, scale: 'f16' },
  { kind: 'int4', group: 32, affine: false, scale: 'f32' },
  { kind: 'int4', group: 32, affine: true, scale: 'f32' },
  { kind: 'int8', group: 16, affine: false, scale: 'f32' },
  { kind: 'int8', group: 16, affine: true, scale: 'f32' },
  { kind: 'int8', group: 32, affine: false, scale: 'f16' },
  { kind: 'int8', group: 128, affine: true, scale: 'f16' },
  { kind: 'f16' },
  { kind: 'bf16' },
  { kind: 'f32' },
];

/** [rows, outputs, width]: one of each, odd ones, one chunk and many, more outputs than a workgroup has. */
const SHAPES = [
  [1, 1, 1],
  [1, 7, 172],
  [1, 130, 320],
  [2, 3, 33],
  [5, 66, 172],
  [9, 17, 256],
] as const;

let gpu: WebGpuBackend;
/** With subgroups, where the adapter has them. */
let appGpu: WebGpuBackend;
beforeAll(async () => {
  gpu = await gpuBackend();
  appGpu = await appBackend();
});
afterAll(() => {
  gpu.destroy();
  appGpu.destroy();
});

interface Case {
  format: PackedFormat;
  rows: number;
  outputs: number;
  width: number;
  lanes: number;
  epilogue: keyof typeof Epilogue;
  normed: boolean;
  quads?: boolean;
}

/** A product of fresh random numbers, as `matmul` takes it. */
function product({ format, rows, outputs, width, epilogue }: Case) {
  const weightRows = isGated(Epilogue[epilogue]) ? 2 * outputs : outputs;
  const seed = rows * 1000 + outputs * 10 + width;
  const matrix = packRows(randomNumbers(seed, weightRows * width), weightRows, width, format);
  const stride = roundUp(width, CHUNK);
  const x = new Float32Array(rows * stride);
  for (let row = 0; row < rows; row++) x.set(randomNumbers(seed + row + 1, width), row * stride);
  const yStride = outputs + 5;
  const y = randomNumbers(seed + 99, rows * yStride);
  const gamma = new Float32Array(stride);
  gamma.set(randomNumbers(seed + 98, width));
  const scales = matrix.scales.length > 0 ? matrix.scales : new Uint32Array(4);
  const contents = { x, codes: matrix.codes, scales, y, gamma };
  return { contents, stride, yStride };
}

function keyOf({ format, outputs, width, lanes, epilogue, normed, quads = false }: Case, rows: RowClass): ProductKey {
  const result = isGated(Epilogue[epilogue]) ? 'gated' : 'products';
  const decoder = decoderOf(packedConstants(format, width));
  return { decoder, width, outputs, rows, result, activations: 'f32', normed, lanes, quads };
}

/** Kernel, constants and grid of a variant. */
function callOf(one: Case, variant: ProductVariant, rows: number) {
  const key = keyOf(one, 1);
  const constants = {
    ...packedConstants(one.format, one.width),
    ...sharingConstants(key, variant),
    OUTPUTS: one.outputs,
    Y_OFFSET: 3,
    Y_STRIDE: one.outputs + 5,
    EPILOGUE: Epilogue[one.epilogue],
    WIDTH: one.width,
    EPSILON: 0.03, // so that it counts
  };
  const isTiled = variant.kernel === 'tiled';
  const plain = isTiled ? matmulTiled : matmul;
  const kernel = one.normed ? (isTiled ? matmulTiledNormed : matmulNormed) : plain;
  return { kernel, constants, grid: gridOfVariant(key, variant, rows) };
}

/** Each format meets each epilogue on some shape, and each shape meets all of them: a pipeline takes long to compile in software. */
const EPILOGUES = ['store', 'add', 'swiglu', 'geglu'] as const;

describe.each(FORMATS.map((format, index) => ({ title: formatName(format), format, index })))(
  'products of $title weights',
  ({ format, index }) => {
    const cases = SHAPES.map((shape, i) => {
      const epilogue = EPILOGUES[(index + i) % EPILOGUES.length]!;
      return { shape, epilogue, normed: (index + (i >> 1)) % 2 === 1 };
    });
    it.each(cases)('agree with the twin: $shape, $epilogue, normed: $normed', async ({ shape, epilogue, normed }) => {
      const [rows, outputs, width] = shape;
      const one: Case = { format, rows, outputs, width, lanes: epilogue === 'add' ? 8 : 1, epilogue, normed };
      const sizes = { workgroup: 16, outputsPerThread: 2, rowsPerThread: rows === 1 ? 1 : 3, whole: index % 2 === 1 };
      const { kernel, constants, grid } = callOf(one, { kernel: rows === 9 ? 'tiled' : 'direct', ...sizes }, rows);
      const both = await runBoth(gpu, kernel, product(one).contents, constants, grid);
      const error = relativeError(new Float32Array(both.gpu['y']!), new Float32Array(both.cpu['y']!));
      expect(error).toBeLessThan(F32_SUM_ERROR);
    });
  },
);

/** A variant takes up to a second to compile in software: ordinarily the default of each class is enough. */
const deep = import.meta.env['HEARTH_DEEP'] === '1';

const CLASSES = [
  ...(deep ? [1, 4, 8, 32, 64] : [1, 8]).map((lanes) => ({ lanes, normed: false, formats: [1, 8, 11] })),
  ...(deep ? [1, 4, 8, 32, 64] : [8]).map((lanes) => ({ lanes, normed: true, formats: deep ? [1, 8, 11] : [1] })),
];

it.each(CLASSES)(
  'a row is bit-equal alone and beside others, in every variant of $lanes lanes, normed: $normed',
  async ({ lanes, normed, formats }) => {
    for (const [i, format] of formats.map((index) => FORMATS[index]!).entries()) {
      const one: Case = { format, rows: 10, outputs: 37, width: 172, lanes, epilogue: EPILOGUES[i]!, normed };
      const { contents, stride, yStride } = product(one);
      const run = async (variant: ProductVariant, from: number, count: number) => {
        const some = {
          ...contents,
          x: contents.x.slice(from * stride, (from + count) * stride),
          y: contents.y.slice(from * yStride, (from + count) * yStride),
        };
        const { kernel, constants, grid } = callOf(one, variant, count);
        const written = await runKernel(gpu, kernel, some, constants, grid);
        return new Uint32Array(written['y']!);
      };
      const [alone] = productVariants(keyOf(one, 1));
      const rows = await Promise.all(Array.from({ length: one.rows }, (_, row) => run(alone, row, 1)));
      for (const most of ROW_CLASSES.slice(i, i === 0 ? undefined : i + 1)) {
        for (const variant of productVariants(keyOf(one, most)).slice(0, deep ? 8 : 1)) {
          const count = Math.min(most, one.rows);
          const together = await run(variant, 0, count);
          for (let row = 0; row < count; row++) {
            const found = together.slice(row * yStride, (row + 1) * yStride);
            expect(found, `row ${row} of ${JSON.stringify(variant)}`).toEqual(rows[row]);
          }
        }
      }
    }
  },
);

/** Fewer rows than a thread has and more; int4 and int8; steps of a vector, and whole ones. */
it.for([
  { format: FORMATS[0]!, rows: 1, epilogue: 'swiglu' as const, normed: false },
  { format: FORMATS[1]!, rows: 3, epilogue: 'add' as const, normed: true },
  { format: FORMATS[2]!, rows: 10, epilogue: 'store' as const, normed: false },
  { format: FORMATS[8]!, rows: 2, epilogue: 'store' as const, normed: false },
  { format: FORMATS[7]!, rows: 10, epilogue: 'geglu' as const, normed: false },
])('$rows rows read by four neighbours together have the bits of each alone: $epilogue', async (some, { skip }) => {
  skip(!appGpu.quads, 'the adapter has no subgroups');
  const one: Case = { outputs: 37, width: 172, lanes: 1, ...some };
  const { contents } = product(one);
  const [own] = productVariants(keyOf(one, 1));
  const reference = callOf(one, { ...own, rowsPerThread: 1 }, one.rows);
  const expected = await runKernel(gpu, reference.kernel, contents, reference.constants, reference.grid);
  const inQuads = { ...one, quads: true };
  const most = ROW_CLASSES.find((rows) => rows >= one.rows)!;
  for (const variant of productVariants(keyOf(inQuads, most)).filter(({ kernel }) => kernel === 'quads')) {
    const { kernel, constants, grid } = callOf(inQuads, variant, one.rows);
    const found = await runKernel(appGpu, kernel, contents, constants, grid);
    expect(new Uint32Array(found['y']!), JSON.stringify(variant)).toEqual(new Uint32Array(expected['y']!));
  }
});

it('gives the right result over a grid that needs two dimensions', async () => {
  // One team to a workgroup and more workgroups than one dimension has.
  const one: Case = {
    format: { kind: 'f16' },
    rows: 1,
    outputs: 262_200,
    width: 1,
    lanes: 64,
    epilogue: 'store',
    normed: false,
  };
  const variant: ProductVariant = {
    kernel: 'direct',
    workgroup: 64,
    outputsPerThread: 4,
    rowsPerThread: 1,
    whole: false,
  };
  const { constants, grid } = callOf(one, variant, 1);
  expect(grid[1]).toBe(2);
  const both = await runBoth(gpu, matmul, product(one).contents, constants, grid);
  expect(relativeError(new Float32Array(both.gpu['y']!), new Float32Array(both.cpu['y']!))).toBeLessThan(F32_SUM_ERROR);
});
