/** Products of rows that are codes: exact within a vector, so what differs from the twin is the rounding of a few f32 sums. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { WebGpuBackend } from '../../gpu/webgpu-backend';
import { roundUp } from '../../lib/shapes';
import { CHUNK, formatName } from '../../quant/format';
import type { QuantizedFormat } from '../../quant/format';
import { packRows } from '../../quant/pack';
import { gridOfVariant } from '../product';
import { productVariants, ROW_CLASSES, sharingConstants } from '../product-variants';
import type { ProductKey, ProductVariant, RowClass } from '../product-variants';
import { codesOf } from '../quantize-rows/quantize-rows.cpu';
import { Epilogue, isGated } from '../shared/epilogue';
import { decoderOf, packedConstants } from '../shared/packed';
import { QUANTIZED_WORDS } from '../shared/quantized';
import { gpuBackend, randomNumbers, relativeError, runBoth, runKernel } from '../testing/twins';
import { matmulInteger, matmulTiledInteger } from './integer';

/** f32 sums of a few vectors against f64 sums of the same numbers. */
const F32_SUM_ERROR = 2e-6;

const FORMATS: QuantizedFormat[] = [
  { kind: 'int4', group: 32, affine: false, scale: 'f16' },
  { kind: 'int4', group: 64, affine: true, scale: 'f16' },
  { kind: 'int4', group: 128, affine: false, scale: 'f32' },
  { kind: 'int4', group: 32, affine: true, scale: 'f32' },
  { kind: 'int8', group: 16, affine: false, scale: 'f32' },
  { kind: 'int8', group: 16, affine: true, scale: 'f32' },
  { kind: 'int8', group: 32, affine: false, scale: 'f16' },
  { kind: 'int8', group: 128, affine: true, scale: 'f16' },
];

/** [rows, outputs, width, lanes, tiled]: one of each, odd ones, one chunk and many, more outputs than a workgroup has. */
const SHAPES = [
  [1, 1, 1, 1, false],
  [1, 130, 320, 8, false],
  [5, 66, 172, 1, false],
  [9, 37, 360, 4, true],
] as const;

const EPILOGUES = ['store', 'add', 'swiglu', 'geglu'] as const;

/** A pipeline takes up to a second to compile in software: ordinarily half of the shapes and each class's default are enough. */
const deep = import.meta.env['HEARTH_DEEP'] === '1';

interface Case {
  format: QuantizedFormat;
  rows: number;
  outputs: number;
  width: number;
  lanes: number;
  epilogue: keyof typeof Epilogue;
}

let gpu: WebGpuBackend;
beforeAll(async () => {
  gpu = await gpuBackend();
});
afterAll(() => gpu.destroy());

/** A product of fresh random numbers. */
function product({ format, rows, outputs, width, epilogue }: Case) {
  const weightRows = isGated(Epilogue[epilogue]) ? 2 * outputs : outputs;
  const seed = rows * 1000 + outputs * 10 + width;
  const { codes, scales } = packRows(randomNumbers(seed, weightRows * width), weightRows, width, format);
  const stride = roundUp(width, CHUNK);
  const numbers = new Float32Array(rows * stride);
  for (let row = 0; row < rows; row++) numbers.set(randomNumbers(seed + row + 1, width), row * stride);
  const yStride = outputs + 5;
  const y = randomNumbers(seed + 99, rows * yStride);
  return { contents: { x: codesOf(numbers), codes, scales, y }, words: (stride / CHUNK) * QUANTIZED_WORDS, yStride };
}

function keyOf({ format, outputs, width, lanes, epilogue }: Case, rows: RowClass): ProductKey {
  const result = isGated(Epilogue[epilogue]) ? 'gated' : 'products';
  const decoder = decoderOf(packedConstants(format, width));
  return { decoder, width, outputs, rows, result, activations: 'int8', normed: false, lanes, quads: false };
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
  };
  const kernel = variant.kernel === 'tiled' ? matmulTiledInteger : matmulInteger;
  return { kernel, constants, grid: gridOfVariant(key, variant, rows) };
}

describe.each(FORMATS.map((format, index) => ({ title: formatName(format), format, index })))(
  'products of $title weights and codes',
  ({ format, index }) => {
    const cases = SHAPES.map((shape, i) => ({
      shape,
      epilogue: EPILOGUES[((index + i) >> 1) % EPILOGUES.length]!,
    })).filter((_, i) => deep || (i + index) % 2 === 0);
    it.each(cases)('agree with the twin: $shape, $epilogue', async ({ shape, epilogue }) => {
      const [rows, outputs, width, lanes, isTiled] = shape;
      const one: Case = { format, rows, outputs, width, lanes, epilogue };
      const sizes = { workgroup: 16, outputsPerThread: 2, rowsPerThread: rows === 1 ? 1 : 3, whole: false };
      const { kernel, constants, grid } = callOf(one, { kernel: isTiled ? 'tiled' : 'direct', ...sizes }, rows);
      const both = await runBoth(gpu, kernel, product(one).contents, constants, grid);
      const error = relativeError(new Float32Array(both.gpu['y']!), new Float32Array(both.cpu['y']!));
      expect(error).toBeLessThan(F32_SUM_ERROR);
    });
  },
);

it('the largest codes of all do not overflow', async () => {
  const width = 64;
  for (const format of [FORMATS[0]!, FORMATS[6]!]) {
    const { codes, scales } = packRows(new Float32Array(2 * width).fill(-1), 2, width, format);
    codes.fill(format.kind === 'int4' ? 0xffffffff : 0x80808080);
    const one: Case = { format, rows: 1, outputs: 2, width, lanes: 1, epilogue: 'store' };
    const contents = { x: codesOf(new Float32Array(width).fill(-3)), codes, scales, y: new Float32Array(7) };
    const { kernel, constants, grid } = callOf(one, productVariants(keyOf(one, 1))[0], 1);
    const both = await runBoth(gpu, kernel, contents, constants, grid);
    expect(relativeError(new Float32Array(both.gpu['y']!), new Float32Array(both.cpu['y']!))).toBeLessThan(
      F32_SUM_ERROR,
    );
  }
});

it.each(deep ? [1, 4, 8, 32, 64] : [1, 8])(
  'a row is bit-equal alone and beside others, in every variant of %i lanes',
  async (lanes) => {
    for (const [i, format] of [FORMATS[1]!, FORMATS[6]!].entries()) {
      const one: Case = { format, rows: 10, outputs: 37, width: 172, lanes, epilogue: EPILOGUES[i + 1]! };
      const { contents, words, yStride } = product(one);
      const run = async (variant: ProductVariant, from: number, count: number) => {
        const some = {
          ...contents,
          x: contents.x.slice(from * words, (from + count) * words),
          y: contents.y.slice(from * yStride, (from + count) * yStride),
        };
        const { kernel, constants, grid } = callOf(one, variant, count);
        const written = await runKernel(gpu, kernel, some, constants, grid);
        return new Uint32Array(written['y']!);
      };
      const [alone] = productVariants(keyOf(one, 1));
      const rows = await Promise.all(Array.from({ length: one.rows }, (_, row) => run(alone, row, 1)));
      for (const most of ROW_CLASSES.filter((each) => deep || [4, 64].includes(each))) {
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
