/**
 * What speculation costs on this device, measured on the loaded pair itself: forwards of the target over 1 … 5 rows and one
 * draft step, interleaved, the fastest of a few rounds each. The rows belong to nobody, so no sequence notices; they see one
 * position, so the cost of a long context's attention, which rows share equally, is not in it.
 */
import type { PreparedStep } from '../gpu/backend';
import { Recorder } from '../gpu/recorder';
import { PLAIN_DRAW } from './runner';
import type { Runner } from './runner';
import type { SpeculationCosts } from './speculation';

const VERIFIED_ROWS = [1, 2, 3, 4, 5];
const ROUNDS = 4;

/** @param runner one with a draft and without a step under way. */
export async function measureCosts(runner: Runner): Promise<SpeculationCosts> {
  const prepare = (record: (recorder: Recorder) => void): Promise<PreparedStep> => {
    const recorder = new Recorder();
    record(recorder);
    return runner.backend.prepare(recorder.finish());
  };
  const steps = [
    await prepare((recorder) => runner.recordGuess(recorder, 1, 0, PLAIN_DRAW)),
    ...(await Promise.all(
      VERIFIED_ROWS.map((rows) => prepare((recorder) => runner.recordVerification(recorder, 1, rows, 0, PLAIN_DRAW))),
    )),
  ];
  runner.writePlan([runner.cache.nullSlot], []);
  const fastest = steps.map(() => Infinity);
  for (let round = 0; round <= ROUNDS; round++) {
    for (const [i, step] of steps.entries()) {
      const startMs = performance.now();
      await runner.backend.run(step);
      if (round > 0) fastest[i] = Math.min(fastest[i]!, performance.now() - startMs); // the first round is for warmth
    }
  }
  const [draftMs = 0, plainMs = 1, ...verifyMs] = fastest;
  return { draft: draftMs / plainMs, verify: [1, ...verifyMs.map((ms) => ms / plainMs)] };
}
