/**
 * How fast this device reads weights, measured with the product that decoding consists of: a packed matrix times one row, once
 * for each kind of codes, and a chain of products with next to nothing in them for what a dispatch itself costs. Submission
 * and read-back are taken off, for they overlap in the decode loop. Takes about a second on a graphics card and leaves nothing
 * behind.
 */
import type { Backend, DeviceBuffer } from '../gpu/backend';
import { Recorder } from '../gpu/recorder';
import { recordProduct } from '../kernels/product';
import { defaultProducts } from '../kernels/product-variants';
import { DEFAULT_INT4, DEFAULT_INT8 } from '../quant/choose';
import { type PackedFormat, packedBytes, rowLayout } from '../quant/format';

/** How fast a device reads what a token needs. */
export interface ReadingSpeed {
  /** Bytes of packed weights that products read in a second, by what their codes are; f16 stands for all floats. */
  bytesPerSecond: { int4: number; int8: number; float: number };
  /** What one dispatch costs that has next to nothing to do. */
  dispatchSeconds: number;
}

const FORMATS: Readonly<Record<keyof ReadingSpeed['bytesPerSecond'], PackedFormat>> = {
  int4: DEFAULT_INT4,
  int8: DEFAULT_INT8,
  float: { kind: 'f16' },
};

/** Columns of the matrices, as in a model of a few billion weights. */
const WIDTH = 2048;

/**
 * Bytes of a matrix: first few, and where that takes no time, more than the caches of a graphics card hold, yet no more than
 * every adapter binds.
 */
const FEW_BYTES = 2 ** 20;
const MANY_BYTES = 96 * 2 ** 20;

/** A product over few bytes that takes longer than this tells enough; larger ones would only keep a slow device busy. */
const ENOUGH_MS = 2;

/** Products in a row, behind the first. */
const REPEATS = { webgpu: 8, cpu: 2 } as const;
const EMPTY_REPEATS = { webgpu: 128, cpu: 16 } as const;
const ROUNDS = 3;

/** @throws HearthError `out-of-memory`, `device-lost`. */
export async function measureReading(backend: Backend): Promise<ReadingSpeed> {
  const bytesPerSecond = {
    int4: await readingRate(backend, FORMATS.int4),
    int8: await readingRate(backend, FORMATS.int8),
    float: await readingRate(backend, FORMATS.float),
  };
  const emptyMs = await productMs(backend, { kind: 'f16' }, 16, 32, EMPTY_REPEATS[backend.kind]);
  return { bytesPerSecond, dispatchSeconds: emptyMs / 1000 };
}

async function readingRate(backend: Backend, format: PackedFormat): Promise<number> {
  const rowBytes = packedBytes(format, 1, WIDTH);
  const timed = async (bytes: number) => {
    const rows = Math.floor(bytes / rowBytes);
    const ms = await productMs(backend, format, rows, WIDTH, REPEATS[backend.kind]);
    return { ms, rate: (rows * rowBytes * 1000) / ms };
  };
  const few = await timed(FEW_BYTES);
  return few.ms > ENOUGH_MS ? few.rate : (await timed(MANY_BYTES)).rate;
}

/** Milliseconds of one product of [rows][width] weights with a row, among others of its kind. */
async function productMs(
  backend: Backend,
  format: PackedFormat,
  rows: number,
  width: number,
  repeats: number,
): Promise<number> {
  const layout = rowLayout(format, width);
  const buffers: DeviceBuffer[] = [];
  const buffer = (label: string, bytes: number): DeviceBuffer => {
    const made = backend.createBuffer(`reading ${label}`, Math.max(16, bytes));
    buffers.push(made);
    return made;
  };
  const x = buffer('x', 4 * layout.paddedWidth);
  const y = buffer('y', 4 * rows);
  const codes = buffer('codes', 4 * rows * layout.codeWordsPerRow);
  const scales = buffer('scales', 4 * rows * layout.scaleWordsPerRow);
  const matrix = { outputs: rows, width, parts: [{ firstOutput: 0, outputs: rows, format, codes, scales }] };
  const prepare = (count: number) => {
    const recorder = new Recorder();
    for (let i = 0; i < count; i++) {
      const products = defaultProducts(backend);
      recordProduct(recorder, 'reading', { x, matrix, y, yStride: rows, rows: 1, products, epilogue: 'store' });
    }
    return backend.prepare(recorder.finish());
  };
  try {
    const [one, many] = [await prepare(1), await prepare(1 + repeats)];
    let [oneMs, manyMs] = [Infinity, Infinity];
    for (let round = 0; round <= ROUNDS; round++) {
      const startMs = performance.now();
      await backend.run(one);
      const betweenMs = performance.now();
      await backend.run(many);
      if (round === 0) continue; // for warmth
      oneMs = Math.min(oneMs, betweenMs - startMs);
      manyMs = Math.min(manyMs, performance.now() - betweenMs);
    }
    // A clock that browsers make coarse may tell no difference: then the whole is a bound.
    return manyMs > oneMs ? (manyMs - oneMs) / repeats : manyMs / (1 + repeats);
  } finally {
    for (const made of buffers) made.destroy();
  }
}
