/** The benchmark, in a thread that is opened for each call and ended with it: so its device and its memory are given back. */
import * as Comlink from 'comlink';
import { HearthError, throwIfAborted } from '../lib/errors';
import type { BenchApi, BenchOffer, BenchProgress, BenchReport, BenchWishes } from '../protocol/bench-api';
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
   * @throws HearthError `aborted`, `webgpu-unavailable`, `bad-request` for unknown shapes, `device-lost`.
   */
  run(wishes?: BenchWishes, options?: BenchRunOptions): Promise<BenchReport>;
}

export function createBenchmark(openPort: () => ThreadPort): Benchmark {
  async function inThread<T>(action: (api: Comlink.Remote<BenchApi>) => Promise<T>, signal?: AbortSignal): Promise<T> {
    throwIfAborted(signal);
    const port = openPort();
    const stopped = new Promise<never>((_, reject) => {
      const stop = () => reject(new HearthError('aborted', 'The benchmark was stopped.'));
      signal?.addEventListener('abort', stop, { once: true });
    });
    try {
      return await Promise.race([openThread<BenchApi>(port, 'benchmark').call(action), stopped]);
    } finally {
      port.terminate?.();
    }
  }

  return {
    offer: () => inThread((api) => api.offer()),
    run(wishes = {}, { onProgress, signal } = {}) {
      const report = (progress: BenchProgress) => {
        if (!signal?.aborted) onProgress?.(progress);
      };
      return inThread((api) => api.run(wishes, Comlink.proxy(report)), signal);
    },
  };
}
