/** What the page may ask of the benchmark's thread. Types only; src/bench says what each figure means. */
import type { BenchOffer, BenchOptions, BenchProgress, BenchReport } from '../bench/bench';

export type { BenchOffer, BenchProgress, BenchReport, ForetoldGain, OfferedShape } from '../bench/bench';
export type { KernelReport } from '../bench/kernel-bench';
export type { ModelReport as BenchModelReport } from '../bench/model-bench';
export type { Figure } from '../lib/figure';

/** What is to be measured. */
export type BenchWishes = Omit<BenchOptions, 'keepWeights' | 'peer' | 'signal' | 'onProgress'>;

/** A thread runs one benchmark; who ends the thread ends it, and gives its device and memory back. */
export interface BenchApi {
  /** The device, and the shapes that can be asked for. */
  offer(): Promise<BenchOffer>;
  /** @throws HearthError `webgpu-unavailable`, `bad-request` for unknown shapes, `device-lost`. */
  run(wishes: BenchWishes, onProgress: (progress: BenchProgress) => void): Promise<BenchReport>;
}
