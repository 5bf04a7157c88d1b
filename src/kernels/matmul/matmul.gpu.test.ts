import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { WebGpuBackend } from '../../gpu/webgpu-backend';
import { gridOf } from '../../gpu/kernel';
import { divideUp, roundUp } from '../../lib/shapes';
import { CHUNK, formatName } from '../../quant/format';
import type { PackedFormat } from '../../quant/format';
import { packRows } from '../../quant/pack';
import { matvec } from '../matvec/matvec';
import { productVariants } from '../product-variants';
import { Epilogue, isGated, outputsPerTeam } from '../shared/epilogue';
import { packedConstants } from '../shared/packed';
import { gpuBackend, randomNumbers, relativeError, runBoth, runKernel } from '../testing/twins';
import { matmul } from './matmul';

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
beforeAll(async () => {
  gpu = await gpuBackend();
});
afterAll(() => gpu.destroy());

interface Case {
  format: PackedFormat;
  rows: number;
  outputs: number;
  width: number;
  lanes: number;
  epilogue: keyof typeof Epilogue;
}

/** The same product as a `matvec` or `matmul` call on fresh random numbers. */
function product({ format, rows, outputs, width, lanes, epilogue }: Case) {
  const weightRows = isGated(Epilogue[epilogue]) ? 2 * outputs : outputs;
  const seed = rows * 1000 + outputs * 10 + width;
  const matrix = packRows(randomNumbers(seed, weightRows * width), weightRows, width, format);
  const stride = roundUp(width, CHUNK);
  const paddedRows = roundUp(rows, 4);
  const x = new Float32Array(paddedRows * stride);
  for (let row = 0; row < rows; row++) x.set(randomNumbers(seed + row + 1, width), row * stride);
  const yStride = outputs + 5;
  const y = randomNumbers(seed + 99, paddedRows * yStride);
  const { kind: decoder } = format;
  const [{ workgroup }] = productVariants({ decoder, width, outputs, rows: 1, result: 'products', lanes });
  const workgroups = divideUp(outputs, (workgroup / lanes) * outputsPerTeam(Epilogue[epilogue]));
  const constants = {
    ...packedConstants(format, width),
    OUTPUTS: outputs,
    WORKGROUP: workgroup,
    LANES: lanes,
    Y_OFFSET: 3,
    EPILOGUE: Epilogue[epilogue],
    Y_STRIDE: yStride,
  };
  const contents = { x, codes: matrix.codes, scales: matrix.scales.length > 0 ? matrix.scales : new Uint32Array(4), y };
  return {
    contents,
    constants,
    yStride,
    matvecGrid: gridOf(workgroups),
    matmulGrid: gridOf(workgroups, paddedRows / 4),
  };
}

/** Each format meets each epilogue on some shape, and each shape meets all of them: a pipeline takes long to compile in software. */
const EPILOGUES = ['store', 'add', 'swiglu', 'geglu'] as const;

describe.each(FORMATS.map((format, index) => ({ title: formatName(format), format, index })))(
  'products of $title weights',
  ({ format, index }) => {
    const cases = SHAPES.map((shape, i) => [...shape, EPILOGUES[(index + i) % EPILOGUES.length]!] as const);
    it.each(cases)('agree with the twin: %i rows, %i outputs, width %i, %s', async (rows, outputs, width, epilogue) => {
      const lanes = epilogue === 'add' ? 8 : 1;
      const { contents, constants, matvecGrid, matmulGrid } = product({
        format,
        rows,
        outputs,
        width,
        lanes,
        epilogue,
      });
      const both =
        rows === 1
          ? await runBoth(gpu, matvec, contents, constants, matvecGrid)
          : await runBoth(gpu, matmul, contents, constants, matmulGrid);
      const error = relativeError(new Float32Array(both.gpu['y']!), new Float32Array(both.cpu['y']!));
      expect(error).toBeLessThan(F32_SUM_ERROR);
    });
  },
);

it.each([1, 4, 8, 64])('a row is bit-equal alone and beside others, with %i lanes', async (lanes) => {
  for (const [i, format] of [FORMATS[1]!, FORMATS[8]!, FORMATS[11]!].entries()) {
    for (const epilogue of EPILOGUES.slice(i, i + 2)) {
      const many = product({ format, rows: 6, outputs: 37, width: 172, lanes, epilogue });
      const together = await runKernel(gpu, matmul, many.contents, many.constants, many.matmulGrid);
      const all = new Float32Array(together['y']!);
      const stride = roundUp(172, CHUNK);
      for (const row of [0, 5]) {
        const alone = {
          ...many.contents,
          x: many.contents.x.slice(row * stride, (row + 1) * stride),
          y: many.contents.y.slice(row * many.yStride, (row + 1) * many.yStride),
        };
        const single = await runKernel(gpu, matvec, alone, many.constants, many.matvecGrid);
        expect(new Uint32Array(single['y']!)).toEqual(
          new Uint32Array(all.slice(row * many.yStride, (row + 1) * many.yStride).buffer),
        );
      }
    }
  }
});

it('gives the right result over a grid that needs two dimensions', async () => {
  // One team to a workgroup and more workgroups than one dimension has.
  const format: PackedFormat = { kind: 'f16' };
  const {
    contents,
    constants,
    matvecGrid: grid,
  } = product({
    format,
    rows: 1,
    outputs: 262_200,
    width: 1,
    lanes: 64,
    epilogue: 'store',
  });
  expect(grid[1]).toBe(2);
  const both = await runBoth(gpu, matvec, contents, constants, grid);
  expect(relativeError(new Float32Array(both.gpu['y']!), new Float32Array(both.cpu['y']!))).toBeLessThan(F32_SUM_ERROR);
});
