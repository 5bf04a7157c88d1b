/**
 * What this device can do at best, measured in the same run as the models that are held against it. A graphics processor and
 * one that plays its part want other shaders; of two forms of a probe the faster one is the ceiling.
 */
import type { Backend } from '../gpu/backend';
import { CpuBackend } from '../gpu/cpu-backend';
import { gridOf, type Constants, type Grid, type Kernel } from '../gpu/kernel';
import { Recorder } from '../gpu/recorder';
import {
  NIBBLES_PER_STEP,
  OPERATIONS_PER_STEP,
  PROBE_WORKGROUP,
  probeCopy,
  probeMultiplyAdd,
  probeRead,
  probeUnpack,
} from '../kernels/probes/probes';
import { HearthError } from '../lib/errors';
import { noiseWords } from './random-weights';
import { type Figure, figureOf, mapFigure } from '../lib/figure';
import { interleave } from './rounds';

export interface Ceilings {
  /** Bytes read a second. */
  readonly readBytesPerSecond: Figure;
  /** Bytes read and written a second, both counted. */
  readonly copyBytesPerSecond: Figure;
  /** f32 multiplications and additions a second. */
  readonly operationsPerSecond: Figure;
  /** Weights of four bits turned into f32 a second, without reading them from memory. */
  readonly unpackedPerSecond: Figure;
}

/** Larger than the last-level cache of most devices; a small adapter's largest binding where that is less. */
const BUFFER_BYTES = 256 * 2 ** 20;
const SMALL_BUFFER_BYTES = 32 * 2 ** 20;

const READ_THREADS = 2 ** 16;
const SMALL_THREADS = 2 ** 10;

/** Steps of a probe's loop that are written out. */
const STEPS = 8;

/** A timing lasts at least so long, or has as many dispatches: by itself one of a fast card is shorter than its submission. */
const BATCH_MS = 20;
const MOST_REPEATS = 1024;

/** @param small for adapters without a GPU behind them, where the large probes would take seconds each. */
export async function measureCeilings(
  backend: Backend,
  { small, rounds, signal }: { small: boolean; rounds: number; signal?: AbortSignal },
): Promise<Ceilings> {
  const bytes = Math.min(backend.limits.maxBindingBytes, small ? SMALL_BUFFER_BYTES : BUFFER_BYTES);
  const threads = small ? SMALL_THREADS : READ_THREADS;
  const vectors = Math.floor(bytes / 16 / (4 * threads)) * 4 * threads;
  const ROUNDS = small ? 64 : 1024;
  await checkProbes(backend);

  const x = backend.createBuffer('probe source', 16 * vectors);
  const y = backend.createBuffer('probe target', 16 * vectors);
  const noise = noiseWords();
  for (let at = 0; at < 16 * vectors; at += noise.byteLength) {
    backend.write(x, at, noise.subarray(0, Math.min(noise.length, (16 * vectors - at) / 4)));
  }
  const timed = async <C extends string>(kernel: Kernel<'x' | 'y', C>, constants: Constants<C>, grid: Grid) => {
    const batchOf = async (repeats: number) => {
      const recorder = new Recorder();
      for (let i = 0; i < repeats; i++) recorder.call(kernel.name, kernel, { x, y }, constants, grid);
      const prepared = await backend.prepare(recorder.finish());
      return async () => {
        const startMs = performance.now();
        await backend.run(prepared);
        return (performance.now() - startMs) / repeats;
      };
    };
    let repeats = 1;
    let batch = await batchOf(repeats);
    await batch(); // for warmth
    while (repeats < MOST_REPEATS && repeats * (await batch()) < BATCH_MS) {
      repeats *= 4;
      batch = await batchOf(repeats);
    }
    return batch;
  };
  try {
    const grid = gridOf(threads / PROBE_WORKGROUP);
    const sizes = { VECTORS: vectors, THREADS: threads };
    const lanes = { ROUNDS, STEPS, WIDTH: 1 };
    const vectors4 = { ROUNDS, STEPS, WIDTH: 4 };
    const times = await interleave(
      {
        read: await timed(probeRead, { ...sizes, PIECES: 0 }, grid),
        readPieces: await timed(probeRead, { ...sizes, PIECES: 1 }, grid),
        copy: await timed(probeCopy, sizes, grid),
        compute: await timed(probeMultiplyAdd, lanes, grid),
        computeVectors: await timed(probeMultiplyAdd, vectors4, grid),
        unpack: await timed(probeUnpack, lanes, grid),
        unpackVectors: await timed(probeUnpack, vectors4, grid),
      },
      rounds,
      signal,
    );
    const perSecond = (amount: number, ms: readonly number[]) =>
      mapFigure(figureOf(ms), (time) => (1000 * amount) / time);
    const steps = threads * ROUNDS * STEPS;
    const operations = steps * OPERATIONS_PER_STEP;
    const nibbles = steps * NIBBLES_PER_STEP;
    return {
      readBytesPerSecond: better(perSecond(16 * vectors, times.read), perSecond(16 * vectors, times.readPieces)),
      copyBytesPerSecond: perSecond(32 * vectors, times.copy),
      operationsPerSecond: better(
        perSecond(operations, times.compute),
        perSecond(4 * operations, times.computeVectors),
      ),
      unpackedPerSecond: better(perSecond(nibbles, times.unpack), perSecond(4 * nibbles, times.unpackVectors)),
    };
  } finally {
    x.destroy();
    y.destroy();
  }
}

function better(a: Figure, b: Figure): Figure {
  return a.median >= b.median ? a : b;
}

/** A probe that computes nothing would be the fastest of all. @throws HearthError `internal`. */
async function checkProbes(backend: Backend): Promise<void> {
  const threads = 2 * PROBE_WORKGROUP;
  const sizes = { VECTORS: 8 * threads, THREADS: threads };
  const words = noiseWords().subarray(0, 4 * sizes.VECTORS);
  const halves = Uint32Array.from(words, (word) => (word & 0x3fffffff) | 0x3f000000); // floats from 0.5 to 2
  const run = async (on: Backend, kernel: Kernel<'x' | 'y'>, constants: Constants) => {
    const x = on.createBuffer('check source', words.byteLength);
    const y = on.createBuffer('check target', words.byteLength);
    on.write(x, 0, kernel === probeMultiplyAdd ? halves : words);
    const recorder = new Recorder();
    recorder.call(kernel.name, kernel, { x, y }, constants, [2, 1, 1]);
    await on.run(await on.prepare(recorder.finish()));
    const written = new Uint32Array(await on.read(y)).slice(0, threads);
    x.destroy();
    y.destroy();
    return written;
  };
  const cases: [Kernel<'x' | 'y'>, Constants][] = [
    [probeRead, { ...sizes, PIECES: 0 }],
    [probeRead, { ...sizes, PIECES: 1 }],
    [probeCopy, sizes],
    ...[1, 4].flatMap((WIDTH): typeof cases => [
      [probeMultiplyAdd, { ROUNDS: 8, STEPS, WIDTH }],
      [probeUnpack, { ROUNDS: 8, STEPS, WIDTH }],
    ]),
  ];
  for (const [kernel, constants] of cases) {
    const found = await run(backend, kernel, constants);
    const expected = await run(new CpuBackend(), kernel, constants);
    const wrong = found.findIndex((word, i) => word !== expected[i]);
    if (wrong >= 0 || found.every((word) => word === 0)) {
      throw new HearthError(
        'internal',
        `The probe ${kernel.name} wrote ${found[wrong]} at ${wrong}; expected ${expected[wrong]}. Nothing it times would mean anything.`,
      );
    }
  }
}
