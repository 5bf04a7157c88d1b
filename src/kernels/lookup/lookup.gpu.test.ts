/** Looking guesses up, held against its twin over awkward lengths and against what it promises. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { WebGpuBackend } from '../../gpu/webgpu-backend';
import { FINISHED_STOP, NO_TOKEN, SLOT_WORDS, SlotWord } from '../shared/slot-state';
import { gpuBackend, randomNumbers, runBoth } from '../testing/twins';
import { LONGEST_NGRAM, lookup, SHORTEST_NGRAM } from './lookup';

interface Slot {
  ids: readonly number[];
  limit?: number;
  finished?: number;
}

/** What stands behind a sequence's tokens before anything is written there. */
const UNTOUCHED = 7777;

let gpu: WebGpuBackend;
beforeAll(async () => {
  gpu = await gpuBackend();
});
afterAll(() => gpu.destroy());

/** @returns what is written behind each slot's tokens, `guesses` words and one more. */
async function guessed(slots: readonly Slot[], guesses: number, stride = 64): Promise<number[][]> {
  const words = new Uint32Array(slots.length * SLOT_WORDS);
  const tokens = new Uint32Array(slots.length * stride).fill(UNTOUCHED);
  for (const [slot, { ids, limit = stride, finished = 0 }] of slots.entries()) {
    words[slot * SLOT_WORDS + SlotWord.length] = ids.length;
    words[slot * SLOT_WORDS + SlotWord.limit] = limit;
    words[slot * SLOT_WORDS + SlotWord.finished] = finished;
    tokens.set(ids, slot * stride);
  }
  const order = slots.map((_, slot) => slot).toReversed(); // the plan's order is not the slots'
  const plan = new Uint32Array([[slots.length, 0], ...order.map((slot) => [slot, 0])].flat());
  const constants = {
    GUESSES: guesses,
    TOKENS_STRIDE: stride,
    LONGEST: LONGEST_NGRAM,
    SHORTEST: SHORTEST_NGRAM,
  };
  const both = await runBoth(gpu, lookup, { plan, slots: words, tokens }, constants, [slots.length, 1, 1]);
  const found = new Uint32Array(both.gpu['tokens']!);
  expect(found).toEqual(new Uint32Array(both.cpu['tokens']!));
  return slots.map(({ ids }, slot) => {
    const behind = slot * stride + ids.length;
    expect([...found.subarray(slot * stride, behind)]).toEqual([...ids]);
    return [...found.subarray(behind, Math.min(behind + guesses + 1, (slot + 1) * stride))];
  });
}

describe('lookup', () => {
  it('guesses what followed the last occurrence of the longest n-gram', async () => {
    const [longest, last, pair, touching] = await guessed(
      [
        { ids: [1, 2, 3, 10, 11, 9, 2, 3, 20, 21, 1, 2, 3] }, // three tokens far back before two nearby
        { ids: [1, 2, 3, 10, 11, 12, 1, 2, 3, 20, 21, 22, 1, 2, 3] },
        { ids: [5, 2, 3, 10, 11, 12, 4, 2, 3] },
        { ids: [6, 6, 6, 6] },
      ],
      3,
    );
    expect(longest).toEqual([10, 11, 9, UNTOUCHED]);
    expect(last).toEqual([20, 21, 22, UNTOUCHED]);
    expect(pair).toEqual([10, 11, 12, UNTOUCHED]);
    expect(touching).toEqual([6, 6, 6, UNTOUCHED]);
  });

  it('goes on with what it has guessed where the occurrence reaches the end', async () => {
    const [guesses] = await guessed([{ ids: [9, 1, 2, 3, 4, 1, 2, 3, 4] }], 7);
    expect(guesses).toEqual([1, 2, 3, 4, 1, 2, 3, UNTOUCHED]);
  });

  it('says so where nothing has occurred before, and of one token alone', async () => {
    const nothing = await guessed([{ ids: [1, 2, 3, 4] }, { ids: [1] }, { ids: [1, 1] }, { ids: [3, 2, 4, 2] }], 2);
    for (const guesses of nothing) expect(guesses).toEqual([NO_TOKEN, NO_TOKEN, UNTOUCHED]);
  });

  it('writes nothing beyond the limit, and nothing for who has finished', async () => {
    const ids = [1, 2, 3, 1, 2];
    const [limited, finished] = await guessed(
      [
        { ids, limit: 7 },
        { ids, finished: FINISHED_STOP },
      ],
      4,
    );
    expect(limited).toEqual([3, 1, UNTOUCHED, UNTOUCHED, UNTOUCHED]);
    expect(finished).toEqual([UNTOUCHED, UNTOUCHED, UNTOUCHED, UNTOUCHED, UNTOUCHED]);
  });

  it.each([2, 3, 4, 255, 256, 257, 258, 511, 1030, 5000])('does what its twin does with %i tokens', async (length) => {
    const sequences = [2, 5, 40, 4000].map((vocab, i) => ({
      ids: [...randomNumbers(length + i, length)].map((x) => Math.floor(((x + 1) / 2) * vocab)),
    }));
    const guesses = await guessed(sequences, 7, length + 9);
    expect(guesses.map(({ length: words }) => words)).toEqual([8, 8, 8, 8]);
    if (length > 100) expect(guesses[0]).not.toContain(NO_TOKEN); // of two words every pair has occurred
  });

  it('finds one occurrence in a long context', async () => {
    const ids = Array.from({ length: 131_000 }, (_, i) => i);
    ids.splice(70_000, 3, 5, 6, 7);
    ids.push(5, 6, 7);
    const [guesses] = await guessed([{ ids }], 4, 131_072);
    expect(guesses).toEqual([70_003, 70_004, 70_005, 70_006, UNTOUCHED]);
  });
});
