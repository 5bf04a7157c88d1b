/** The benchmark, in a thread that is opened for each call and ended with it: so its device and its memory are given back. */
import * as Comlink from 'comlink';
import { HearthError, throwIfAborted } from '../lib/errors';
import type { BenchApi, BenchOffer, BenchProgress, BenchReport, BenchWishes } from '../protocol/bench-api';
import type { EngineHolder } from './engine-holder';
import { openThread, type ThreadPort } from './thread';

export interface BenchRunOptions {
  onProgress?: (progress: BenchProgress) => void;
  /** Ends the run at once. */
  signal?: AbortSignal;
}

export interface Benchmark {
  /** What can be measured here. */
  offer(): Promise<BenchOffer>;
  /**
   * Measures. Loaded models take memory and time from it: dispose of them before.
   * @throws HearthError `aborted`, `webgpu-unavailable`, `bad-request` for unknown shapes, `device-lost`, `engine-elsewhere` and
   * `engine-taken` as for models: others on the device falsify what is measured.
   */
  run(wishes?: BenchWishes, options?: BenchRunOptions): Promise<BenchReport>;
}

export function createBenchmark(openPort: () => ThreadPort, holder: EngineHolder): Benchmark {
  /** Calls a new thread, which ends with the call, or before when a signal fires. */
  async function inThread<T>(
    action: (api: Comlink.Remote<BenchApi>) => Promise<T>,
    signals: readonly AbortSignal[] = [],
  ): Promise<T> {
    const signal = AbortSignal.any([...signals]);
    throwIfAborted(signal);
    const thread = openThread<BenchApi>(openPort(), 'benchmark');
    const end = () => {
      const { reason } = signal as { reason: unknown };
      const isOurs = reason instanceof HearthError;
      thread.end(isOurs ? reason : new HearthError('aborted', 'The benchmark was stopped.', { cause: reason }));
    };
    signal.addEventListener('abort', end);
    try {
      return await thread.call(action);
    } finally {
      signal.removeEventListener('abort', end);
      end();
    }
  }

  return {
    offer: () => inThread((api) => api.offer()),

    async run(wishes = {}, { onProgress, signal } = {}) {
      throwIfAborted(signal);
      const report = (progress: BenchProgress) => {
        if (!signal?.aborted) onProgress?.(progress);
      };
      const hold = await holder.hold('benchmark');
      try {
        const signals = signal ? [signal, hold.taken] : [hold.taken];
        return await inThread((api) => api.run(wishes, Comlink.proxy(report)), signals);
      } finally {
        hold.release();
      }
    },
  };
}
