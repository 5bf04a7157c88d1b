/** The tests of greedy tokens without logits, for the CPU twins and for the GPU alike: a head's products are the judge. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Backend, DeviceBuffer } from '../../gpu/backend';
import { Recorder } from '../../gpu/recorder';
import { roundUp } from '../../lib/shapes';
import { CHUNK } from '../../quant/format';
import type { PackedFormat } from '../../quant/format';
import { packRows } from '../../quant/pack';
import { ranksPerRow, recordArgmax, recordProduct } from '../product';
import type { DeviceMatrix } from '../product';
import { defaultProducts } from '../product-variants';
import { greedy } from '../sample/sample';
import { isBefore, LAST, rankKey } from '../shared/rank.cpu';
import { BAD_LOGIT, DEAD_ROW, NO_TOKEN } from '../shared/slot-state';
import { randomNumbers } from './twins';

const WIDTH = 40;

const FORMATS: PackedFormat[] = [{ kind: 'f32' }, { kind: 'int8', group: 32, affine: false, scale: 'f16' }];

/** Outputs of the parts of a matrix, which take the formats in turn; the last workgroup of each is not full. */
const PARTS = [33, 70];
const OUTPUTS = 103;

interface Head {
  matrix: DeviceMatrix;
  buffers: DeviceBuffer[];
}

export function describeGreedy(createBackend: () => Promise<Backend>): void {
  let backend: Backend;
  beforeAll(async () => {
    backend = await createBackend();
  });
  afterAll(() => backend.destroy());

  function fill(label: string, data: Float32Array<ArrayBuffer> | Uint32Array<ArrayBuffer>): DeviceBuffer {
    const buffer = backend.createBuffer(label, data.byteLength);
    backend.write(buffer, 0, data);
    return buffer;
  }

  /** @param weights [outputs][WIDTH] */
  function createHead(weights: Float32Array<ArrayBuffer>, parts: readonly number[]): Head {
    let firstOutput = 0;
    const made = parts.map((outputs, i) => {
      const format = FORMATS[i % FORMATS.length]!;
      const rows = weights.slice(firstOutput * WIDTH, (firstOutput + outputs) * WIDTH);
      const { codes, scales } = packRows(rows, outputs, WIDTH, format);
      const part = {
        firstOutput,
        outputs,
        format,
        codes: fill('codes', codes),
        scales: fill('scales', scales.length > 0 ? scales : new Uint32Array(4)),
      };
      firstOutput += outputs;
      return part;
    });
    const matrix = { outputs: firstOutput, width: WIDTH, parts: made };
    return { matrix, buffers: made.flatMap(({ codes, scales }) => [codes, scales]) };
  }

  /** Tokens and first ranks of rows of activations, and what their logits say; the output `dead` belongs to a dead row. */
  async function run({ matrix, buffers }: Head, x: Float32Array<ArrayBuffer>, rows: number, dead = -1) {
    const products = defaultProducts(backend);
    const padded = rows === 1 ? 1 : roundUp(rows, 4);
    const yStride = roundUp(matrix.outputs, CHUNK);
    const stride = ranksPerRow(matrix, backend.lanes);
    const given = fill('x', x);
    const states = new Uint32Array(4 * rows);
    if (dead >= 0) states[4 * (rows - 1 - dead) + 3] = DEAD_ROW; // outputs are in another order than their rows
    const picked = fill(
      'picked',
      Uint32Array.from({ length: rows }, (_, i) => rows - 1 - i),
    );
    const stateRows = fill('rows', states);
    const y = backend.createBuffer('y', 4 * padded * yStride);
    const ranks = fill('ranks', new Uint32Array(2 * padded * stride)); // BAD_KEY where nothing is written
    const chosen = backend.createBuffer('chosen', 4 * rows);
    const recorder = new Recorder();
    recordProduct(recorder, 'head', { x: given, matrix, y, yStride, rows, products, epilogue: 'store' });
    recordArgmax(recorder, 'head', { x: given, matrix, ranks, rows, products });
    const constants = { VOCAB: matrix.outputs, LOGIT_STRIDE: yStride, RANK_STRIDE: stride };
    recorder.call('greedy', greedy, { rows: stateRows, picked, ranks, chosen }, constants, [1, 1, rows]);
    await backend.run(await backend.prepare(recorder.finish()));
    const logits = new Uint32Array(await backend.read(y));
    const found = {
      tokens: [...new Uint32Array(await backend.read(chosen))],
      firsts: firstOfRows(new Uint32Array(await backend.read(ranks)), stride, rows),
      expected: firstOfLogits(logits, yStride, matrix.outputs, rows),
    };
    for (const buffer of [...buffers, given, stateRows, picked, y, ranks, chosen]) buffer.destroy();
    return found;
  }

  const activations = (rows: number, of: (row: number) => Float32Array): Float32Array<ArrayBuffer> => {
    const stride = roundUp(WIDTH, CHUNK);
    const x = new Float32Array(roundUp(rows, 4) * stride);
    for (let row = 0; row < rows; row++) x.set(of(row), row * stride);
    return x;
  };

  it.each([1, 2, 5, 9])('gives the likeliest token of each of %i rows, by the very bits of its logit', async (rows) => {
    for (const parts of rows === 1 ? [PARTS, [1]] : [PARTS]) {
      const head = createHead(randomNumbers(rows, OUTPUTS * WIDTH), parts);
      const x = activations(rows, (row) => randomNumbers(100 + row, WIDTH));
      const { tokens, firsts, expected } = await run(head, x, rows, rows - 2);
      expect(firsts).toEqual(expected);
      const wanted = expected.map(([, id], row) => (row === rows - 2 ? NO_TOKEN : id));
      expect(tokens).toEqual(wanted);
    }
  });

  it('gives the lowest id of equal logits, −0 and 0 among them', async () => {
    const equal = createHead(new Float32Array(OUTPUTS * WIDTH).fill(127), PARTS);
    const rows = [randomNumbers(1, WIDTH), new Float32Array(WIDTH), new Float32Array(WIDTH).fill(-0)];
    expect(
      (
        await run(
          equal,
          activations(3, (row) => rows[row]!),
          3,
        )
      ).tokens,
    ).toEqual([0, 0, 0]);
    const weights = randomNumbers(3, OUTPUTS * WIDTH);
    for (const id of [35, 68, 102]) weights.fill(1, id * WIDTH, (id + 1) * WIDTH);
    const x = activations(1, () => new Float32Array(WIDTH).fill(1));
    expect((await run(createHead(weights, PARTS), x, 1)).tokens).toEqual([35]);
  });

  it.each([NaN, Infinity, -Infinity])(
    'says that a row with %d has bad logits, and nothing of the others',
    async (bad) => {
      const head = createHead(randomNumbers(1, OUTPUTS * WIDTH).map((weight) => Math.abs(weight) + 0.1), PARTS); // prettier-ignore
      const x = activations(3, (row) => randomNumbers(row, WIDTH).map((value) => (row === 1 ? bad : value)));
      const { tokens, expected } = await run(head, x, 3);
      expect(tokens).toEqual([expected[0]![1], BAD_LOGIT, expected[2]![1]]);
    },
  );
}

/** The first of each row's ranks. */
function firstOfRows(ranks: Uint32Array, stride: number, rows: number): (readonly [key: number, id: number])[] {
  return Array.from({ length: rows }, (_, row) => {
    const pairs = Array.from({ length: stride }, (_, i) => {
      const at = 2 * (row * stride + i);
      return [ranks[at]!, ranks[at + 1]!] as const;
    });
    return pairs.reduce((first, pair) => (isBefore(...pair, ...first) ? pair : first));
  });
}

function firstOfLogits(bits: Uint32Array, stride: number, outputs: number, rows: number) {
  return Array.from({ length: rows }, (_, row) => {
    let first: readonly [key: number, id: number] = [LAST, LAST];
    for (let id = 0; id < outputs; id++) {
      const rank = [rankKey(bits[row * stride + id]!), id] as const;
      if (isBefore(...rank, ...first)) first = rank;
    }
    return first;
  });
}
