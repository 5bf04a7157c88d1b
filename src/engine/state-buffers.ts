/** The buffers in which the device keeps its sequences and their drawing, in words: made by the runner, foretold by memory.ts. */
import { samplingScratch } from '../kernels/sampling-scratch';
import { BLOCK } from '../kernels/shared/kv-pool';
import { maskWords } from '../kernels/shared/mask-words';
import { LOGPROB_WORDS, MAX_BIASES, RESULT_WORDS, SLOT_WORDS } from '../kernels/shared/slot-state';
import { divideUp } from '../lib/shapes';
import type { RunnerOptions } from './runner';

export function stateBuffers({ contextLength, maxRows, maxSequences, maxOutputs }: RunnerOptions, vocabSize: number) {
  const slots = maxSequences + 1; // and the null slot
  return {
    plan: 2 * (1 + maxSequences + maxRows),
    rows: 4 * maxRows,
    tables: slots * divideUp(contextLength, BLOCK),
    picked: maxOutputs, // the identity: every output row is picked in order …
    pairs: maxSequences, // … but a draft's first rows, of which every second is
    slots: slots * SLOT_WORDS,
    tokens: slots * contextLength,
    counts: slots * vocabSize,
    biases: slots * 2 * MAX_BIASES,
    masks: maxOutputs * maskWords(vocabSize),
    chosen: maxOutputs,
    results: maxSequences * RESULT_WORDS,
    logprobs: maxOutputs * LOGPROB_WORDS,
  };
}

/**
 * What drawing needs beside them.
 * @param logitStride numbers from one row of logits to the next.
 */
export function scratchBuffers({ maxOutputs }: RunnerOptions, vocabSize: number, logitStride: number) {
  const bytes = samplingScratch({ vocabSize, logitStride });
  return Object.fromEntries(
    Object.entries(bytes).map(([name, perOutput]) => [name, (maxOutputs * perOutput) / 4]),
  ) as typeof bytes;
}
