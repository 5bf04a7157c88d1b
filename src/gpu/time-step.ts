/**
 * Where a step's time goes: each dispatch repeated alone, by the wall clock (asking for timestamp queries slows some drivers
 * down even when they are not used). Shares of a step, not rates: alone, a dispatch finds its weights in the cache.
 */
import type { Backend } from './backend';
import type { Call, Step } from './recorder';

export interface CallTiming {
  readonly call: Call;
  /** Median over the rounds, a submission's own cost taken off. */
  readonly medianMs: number;
}

/** Times every dispatch of a step whose inputs lie in their buffers; results in those buffers are overwritten. */
export async function timeStep(backend: Backend, step: Step, rounds = 9, repeats = 8): Promise<CallTiming[]> {
  const submissionMs = await medianOf(rounds, await runner(backend, []));
  const timings: CallTiming[] = [];
  for (const call of step) {
    const batchMs = await medianOf(
      rounds,
      await runner(
        backend,
        Array.from({ length: repeats }, () => call),
      ),
    );
    timings.push({ call, medianMs: Math.max(0, batchMs - submissionMs) / repeats });
  }
  return timings;
}

async function runner(backend: Backend, step: Step): Promise<() => Promise<void>> {
  const prepared = await backend.prepare(step);
  return () => backend.run(prepared);
}

async function medianOf(rounds: number, run: () => Promise<void>): Promise<number> {
  await run(); // compiled and warm
  const times: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const startMs = performance.now();
    await run();
    times.push(performance.now() - startMs);
  }
  times.sort((a, b) => a - b);
  return times[Math.floor(rounds / 2)]!;
}
