/**
 * What guessing costs on this device, measured on the loaded models themselves: forwards of the target over 1 … 8 rows and
 * one draft step, interleaved, the fastest of a few rounds each. The rows are those of the null slot, which stands for an
 * answer at a few hundred positions while its forward is submitted; what they write nobody reads.
 */
import { MAX_ROWS_PER_SEQUENCE } from '../kernels/shared/slot-state';
import { Recorder } from '../gpu/recorder';
import { resolveOptions } from './options';
import { PLAIN_DRAW } from './runner';
import type { Runner } from './runner';
import type { SlotContent } from './slot-upload';
import type { SpeculationCosts } from './speculation';

/** Tokens before the rows that are measured. */
const POSITIONS = 256;

const ROUNDS = 3;

/**
 * Runs one forward at a time and yields after each, so that who asks for something meanwhile waits for one at most.
 * @returns the costs, once the last is asked for. @throws HearthError `device-lost`.
 */
export async function* measureCosts(runner: Runner): AsyncGenerator<void, SpeculationCosts> {
  const { backend, cache, draft, options, vocabSize } = runner;
  const record = (of: (recorder: Recorder) => void) => {
    const recorder = new Recorder();
    of(recorder);
    return recorder.finish();
  };
  const draw = { ...PLAIN_DRAW, filters: true };
  const rows = Math.min(MAX_ROWS_PER_SEQUENCE, options.maxRows, options.maxOutputs);
  const verifying = Array.from({ length: rows }, (_, i) =>
    record((recorder) => runner.recordVerification(recorder, 1, i + 1, 0, draw)),
  );
  const guessing = draft ? [record((recorder) => runner.recordGuess(recorder, 1, 0, draw))] : [];
  const steps = await Promise.all([...verifying, ...guessing].map((step) => backend.prepare(step)));

  const length = Math.max(1, Math.min(POSITIONS, options.contextLength - rows - 1));
  const nobody: SlotContent = {
    ids: Array.from({ length }, () => 0),
    promptLength: length,
    limit: options.contextLength,
    settings: resolveOptions({}, { seed: 0 }, vocabSize),
    stopIds: new Set(),
    logprobs: null,
  };
  const fastest = steps.map(() => Infinity);
  for (let round = 0; round <= ROUNDS; round++) {
    for (const [i, step] of steps.entries()) {
      const startMs = performance.now();
      runner.upload(cache.nullSlot, nobody);
      runner.writePlan([cache.nullSlot], []);
      const done = backend.run(step);
      runner.finishNullSlot(); // rows that die in the steps to come are nobody's again
      await done;
      if (round > 0) fastest[i] = Math.min(fastest[i]!, performance.now() - startMs); // the first round is for warmth
      yield;
    }
  }
  // What more rows have done, fewer can do: whatever else the machine was at, it has not made them faster.
  for (let i = rows - 2; i >= 0; i--) fastest[i] = Math.min(fastest[i]!, fastest[i + 1]!);
  const [plainMs = 1] = fastest;
  const verify = fastest.slice(0, rows).map((ms) => ms / plainMs);
  return { draft: draft ? fastest[rows]! / plainMs : null, verify };
}
