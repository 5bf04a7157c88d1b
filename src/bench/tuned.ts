/** Tuning before timing: the benchmark shows what a device does once its idle time has been used. */
import { tuneRunner } from '../engine/tuning/tune-runner';
import type { TunedPoint } from '../engine/tuning/tuning-table';
import type { Runner } from '../engine/runner';

export interface TuningSummary {
  readonly seconds: number;
  readonly points: readonly TunedPoint[];
}

/**
 * Measures every kernel of the steps that `record` records; the runner's table is as it was switched.
 * @throws HearthError `aborted`, `device-lost`.
 */
export async function tuneSteps(runner: Runner, record: () => void, signal?: AbortSignal): Promise<TuningSummary> {
  const startMs = performance.now();
  const passed = new Set<string>();
  runner.tuning.recordWith((point, _, variants) => {
    passed.add(point);
    return variants[0];
  }, record);
  const tuning = tuneRunner(runner, { isWanted: (point) => passed.has(point) });
  for await (const _ of tuning) signal?.throwIfAborted();
  return { seconds: (performance.now() - startMs) / 1000, points: runner.tuning.report().points };
}
