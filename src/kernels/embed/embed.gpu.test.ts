import { afterAll, beforeAll, expect, it } from 'vitest';
import type { WebGpuBackend } from '../../gpu/webgpu-backend';
import { divideUp, roundUp } from '../../lib/shapes';
import { CHUNK, formatName } from '../../quant/format';
import type { PackedFormat } from '../../quant/format';
import { packRows } from '../../quant/pack';
import { packedConstants } from '../shared/packed';
import { gpuBackend, randomNumbers, relativeError, runBoth } from '../testing/twins';
import { embed } from './embed';

/** One multiplication and one addition a number. */
const F32_ERROR = 2e-7;

const FORMATS: PackedFormat[] = [
  { kind: 'int4', group: 32, affine: false, scale: 'f16' },
  { kind: 'int4', group: 64, affine: true, scale: 'f32' },
  { kind: 'int8', group: 16, affine: true, scale: 'f16' },
  { kind: 'int8', group: 32, affine: false, scale: 'f16' },
  { kind: 'f16' },
  { kind: 'bf16' },
  { kind: 'f32' },
];

let gpu: WebGpuBackend;
beforeAll(async () => {
  gpu = await gpuBackend();
});
afterAll(() => gpu.destroy());

it.each(FORMATS.map((format) => [formatName(format), format] as const))(
  'looks up %s rows and leaves pads and foreign tokens alone',
  async (_, format) => {
    for (const width of [1, 33, 172, 2080]) {
      const table = packRows(randomNumbers(width, 9 * width), 9, width, format);
      const tokens = [3, 11, 4, 0, 8]; // this part holds tokens 2…10
      const rows = new Uint32Array(tokens.flatMap((token) => [token, 0, 0, 0]));
      const stride = roundUp(width, CHUNK);
      const contents = {
        rows,
        codes: table.codes,
        scales: table.scales.length > 0 ? table.scales : new Uint32Array(4),
        y: new Float32Array(tokens.length * stride).fill(7),
      };
      const constants = { ...packedConstants(format, width), WIDTH: width, FIRST_ROW: 2, PART_ROWS: 9, SCALE: 1.7 };
      const grid = [divideUp(stride / CHUNK, 64), 1, tokens.length] as const;
      const both = await runBoth(gpu, embed, contents, constants, grid);
      const found = new Float32Array(both.gpu['y']!);
      expect(relativeError(found, new Float32Array(both.cpu['y']!))).toBeLessThan(F32_ERROR);
      expect(found[stride]).toBe(7); // token 11 lies outside this part
      if (stride > width) expect(found[width]).toBe(7);
    }
  },
);
