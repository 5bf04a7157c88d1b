/** What this device can do at best, measured in the same run as the models that are held against it. */
import type { Backend } from '../gpu/backend';
import { CpuBackend } from '../gpu/cpu-backend';
import { gridOf, type Constants, type Grid, type Kernel } from '../gpu/kernel';
import { Recorder } from '../gpu/recorder';
import {
  NIBBLES_PER_ROUND,
  OPERATIONS_PER_ROUND,
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
  const rounds32 = small ? 256 : 4096;
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
    const times = await interleave(
      {
        read: await timed(probeRead, sizes, grid),
        copy: await timed(probeCopy, sizes, grid),
        compute: await timed(probeMultiplyAdd, { ROUNDS: rounds32 }, grid),
        unpack: await timed(probeUnpack, { ROUNDS: rounds32 }, grid),
      },
      rounds,
      signal,
    );
    const perSecond = (amount: number, ms: readonly number[]) =>
      mapFigure(figureOf(ms), (time) => (1000 * amount) / time);
    return {
      readBytesPerSecond: perSecond(16 * vectors, times.read),
      copyBytesPerSecond: perSecond(32 * vectors, times.copy),
      operationsPerSecond: perSecond(threads * rounds32 * OPERATIONS_PER_ROUND, times.compute),
      unpackedPerSecond: perSecond(threads * rounds32 * NIBBLES_PER_ROUND, times.unpack),
    };
  } finally {
    x.destroy();
    y.destroy();
  }
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
    [probeRead, sizes],
    [probeCopy, sizes],
    [probeMultiplyAdd, { ROUNDS: 64 }],
    [probeUnpack, { ROUNDS: 64 }],
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
