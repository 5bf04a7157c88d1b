/**
 * The benchmark's run and its result. They outlive the screen: who looks at another one meanwhile finds the run going on. The
 * store comes with the screen, so the first load does not carry it.
 */
import { createStore, type StoreApi } from 'zustand/vanilla';
import {
  isAbort,
  toHearthError,
  type BenchOffer,
  type Benchmark,
  type BenchProgress,
  type BenchWishes,
  type HearthError,
} from '../../client';
import { type KeptResult, readResult, writeResult } from './kept-result';

export type Depth = 'short' | 'full';

/** What is repeated how often; the full one is the benchmark's own. */
export const DEPTHS: Readonly<Record<Depth, BenchWishes>> = {
  short: { rounds: 3, contexts: [128], prompts: [128], verifyRows: 4 },
  full: {},
};

export interface BenchRun {
  /** What can be measured here; null until that is known. */
  readonly offer: BenchOffer | null;
  /** Names of shapes. */
  readonly chosen: readonly string[];
  readonly depth: Depth;
  /** Whether the kernels are tuned first, and timed beside the defaults. */
  readonly tuned: boolean;
  /** Null while nothing runs. */
  readonly progress: BenchProgress | null;
  readonly result: KeptResult | null;
  readonly problem: HearthError | null;
  /** Looks at the device, once. */
  open(): Promise<void>;
  choose(name: string, isChosen: boolean): void;
  setDepth(depth: Depth): void;
  setTuned(tuned: boolean): void;
  /** @param makeRoom what has to leave the device before */
  run(makeRoom: () => Promise<void>): Promise<void>;
  stop(): void;
}

export interface BenchRunParts {
  readonly benchmark: Benchmark;
  readonly storage: Pick<Storage, 'getItem' | 'setItem'> | null;
  readonly now?: () => number;
}

export function createBenchRun({ benchmark, storage, now = Date.now }: BenchRunParts): StoreApi<BenchRun> {
  let controller: AbortController | null = null;
  let opening: Promise<void> | null = null;
  return createStore<BenchRun>()((set, get) => ({
    offer: null,
    chosen: [],
    depth: 'short',
    tuned: false,
    progress: null,
    result: readResult(storage),
    problem: null,

    open() {
      opening ??= benchmark.offer().then(
        (offer) => {
          const quick = offer.shapes.filter(({ isQuick }) => isQuick).map(({ name }) => name);
          set({ offer, chosen: quick.slice(0, 2) });
        },
        (error: unknown) => {
          opening = null;
          set({ problem: toHearthError(error) });
        },
      );
      return opening;
    },

    choose(name, isChosen) {
      const others = get().chosen.filter((other) => other !== name);
      set({ chosen: isChosen ? [...others, name] : others });
    },

    setDepth: (depth) => set({ depth }),

    setTuned: (tuned) => set({ tuned }),

    async run(makeRoom) {
      const { chosen, depth, tuned, progress } = get();
      if (progress || chosen.length === 0) return;
      const { signal } = (controller = new AbortController());
      set({ progress: { share: 0, shape: null }, problem: null });
      try {
        await makeRoom();
        const report = await benchmark.run(
          { ...DEPTHS[depth], shapes: chosen, tuned },
          { signal, onProgress: (progress) => set({ progress }) },
        );
        const result = { measuredAt: now(), report };
        writeResult(storage, result);
        set({ result });
      } catch (error) {
        if (!isAbort(error)) set({ problem: toHearthError(error) });
      } finally {
        set({ progress: null });
      }
    },

    stop: () => controller?.abort(),
  }));
}
