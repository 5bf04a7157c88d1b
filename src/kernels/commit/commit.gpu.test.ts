/** The three kernels that move sequences along, held against their twins and against what they promise. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { WebGpuBackend } from '../../gpu/webgpu-backend';
import { planRows } from '../plan-rows/plan-rows';
import { propose } from '../propose/propose';
import {
  BAD_LOGIT,
  DEAD_ROW,
  FINISHED_BAD,
  FINISHED_LENGTH,
  FINISHED_STOP,
  NO_TOKEN,
  RESULT_IDS,
  RESULT_WORDS,
  SLOT_WORDS,
  SlotWord,
} from '../shared/slot-state';
import { gpuBackend, runBoth } from '../testing/twins';
import { commit } from './commit';

const VOCAB = 50;
const CONTEXT = 16;
const STOP = 7;

/** Slots of this test; the last one is the null slot. */
const SLOTS = 5;
const NULL_SLOT = SLOTS - 1;

interface Slot {
  tokens: number[];
  drafted?: number[];
  limit?: number;
  finished?: number;
}

function state(slots: readonly Slot[]) {
  const words = new Uint32Array(SLOTS * SLOT_WORDS);
  const tokens = new Uint32Array(SLOTS * CONTEXT);
  slots.forEach(({ tokens: ids, drafted = [], limit = CONTEXT, finished = 0 }, slot) => {
    const at = slot * SLOT_WORDS;
    words[at + SlotWord.length] = ids.length;
    words[at + SlotWord.limit] = limit;
    words[at + SlotWord.finished] = finished;
    words[at + SlotWord.stopCount] = 1;
    words[at + SlotWord.stopIds] = STOP;
    tokens.set([...ids, ...drafted], slot * CONTEXT);
  });
  words[NULL_SLOT * SLOT_WORDS + SlotWord.finished] = FINISHED_STOP;
  return { slots: words, tokens };
}

const pairs = (...entries: (readonly [number, number])[]) => new Uint32Array(entries.flat());

let gpu: WebGpuBackend;
beforeAll(async () => {
  gpu = await gpuBackend();
});
afterAll(() => gpu.destroy());

async function planned(
  slots: readonly Slot[],
  plan: Uint32Array<ArrayBuffer>,
  rowsEach: number,
  first: number,
  rows: number,
) {
  const constants = { ROWS_PER_SEQUENCE: rowsEach, FIRST: first, TOKENS_STRIDE: CONTEXT, NULL_SLOT };
  const contents = { plan, ...state(slots), rows: new Uint32Array(4 * rows) };
  const both = await runBoth(gpu, planRows, contents, constants, [1, 1, 1]);
  const found = [...new Uint32Array(both.gpu['rows']!)];
  expect(found).toEqual([...new Uint32Array(both.cpu['rows']!)]);
  return Array.from({ length: rows }, (_, row) => found.slice(4 * row, 4 * row + 4));
}

const DEAD = [0, 0, NULL_SLOT, DEAD_ROW];

describe('plan-rows', () => {
  it('gives each sequence rows from its last token on, and then the prefilled positions', async () => {
    const slots = [{ tokens: [1, 2, 3] }, { tokens: [4, 5], drafted: [6, 7] }, { tokens: [8, 9, 10, 11] }];
    const rows = await planned(slots, pairs([2, 2], [1, 0], [0, 0], [2, 1], [2, 2]), 2, 1, 6);
    expect(rows).toEqual([
      [5, 1, 1, 0],
      [6, 2, 1, 1],
      [3, 2, 0, 0],
      [0, 3, 0, 1],
      [9, 1, 2, 1],
      [10, 2, 2, 2],
    ]);
  });

  it('gives a draft the last two tokens, of which a sequence of one token has only the one', async () => {
    const rows = await planned([{ tokens: [1] }, { tokens: [2, 3] }], pairs([2, 0], [0, 0], [1, 0]), 2, 0, 4);
    expect(rows).toEqual([DEAD, [1, 0, 0, 1], [2, 0, 1, 0], [3, 1, 1, 1]]);
  });

  it('lets rows die whose sequence has finished, or whose token would lie beyond the limit', async () => {
    const slots = [
      { tokens: [1, 2], finished: FINISHED_STOP },
      { tokens: [3, 4], drafted: [5, 6], limit: 4 },
    ];
    const rows = await planned(slots, pairs([2, 0], [0, 0], [1, 0]), 3, 1, 6);
    expect(rows).toEqual([DEAD, DEAD, DEAD, [4, 1, 1, 0], [5, 2, 1, 1], DEAD]);
  });

  it('lets rows die for which nobody guessed a token', async () => {
    const slots = [{ tokens: [1, 2], drafted: [NO_TOKEN, NO_TOKEN] }];
    expect(await planned(slots, pairs([1, 0], [0, 0]), 3, 1, 3)).toEqual([[2, 1, 0, 0], DEAD, DEAD]);
  });
});

describe('propose', () => {
  it('writes drawn tokens behind those of their sequences, and nothing for dead rows', async () => {
    const { tokens } = state([{ tokens: [1, 2] }, { tokens: [3] }]);
    const rows = new Uint32Array([2, 1, 0, 0, 9, 9, 9, 9, 3, 0, 1, 0, ...DEAD]);
    const contents = { rows, picked: new Uint32Array([2, 3, 0]), chosen: new Uint32Array([30, 31, 32]), tokens };
    const both = await runBoth(gpu, propose, contents, { OUTPUTS: 3, TOKENS_STRIDE: CONTEXT }, [1, 1, 1]);
    const found = [...new Uint32Array(both.gpu['tokens']!)];
    expect(found).toEqual([...new Uint32Array(both.cpu['tokens']!)]);
    expect(found.slice(0, 4)).toEqual([1, 2, 32, 0]);
    expect(found.slice(CONTEXT, CONTEXT + 3)).toEqual([3, 30, 0]);
    expect(found.filter((id) => id === 31)).toEqual([]);
  });
});

describe('commit', () => {
  async function committed(slots: readonly Slot[], rowsEach: number, chosen: readonly number[]) {
    const plan = pairs([slots.length, 0], ...slots.map((_, slot) => [slot, 0] as const));
    const contents = {
      plan,
      chosen: new Uint32Array(chosen),
      ...state(slots),
      counts: new Uint32Array(SLOTS * VOCAB),
      results: new Uint32Array(SLOTS * RESULT_WORDS),
    };
    const constants = { ROWS_PER_SEQUENCE: rowsEach, TOKENS_STRIDE: CONTEXT, VOCAB };
    const both = await runBoth(gpu, commit, contents, constants, [1, 1, 1]);
    const words = (name: string, on = both.gpu) => [...new Uint32Array(on[name]!)];
    for (const name of Object.keys(both.gpu)) expect(words(name), name).toEqual(words(name, both.cpu));
    const results = words('results');
    return slots.map((_, slot) => {
      const [accepted = 0, finished, matched, guessed] = results.slice(slot * RESULT_WORDS);
      const ids = results.slice(slot * RESULT_WORDS + RESULT_IDS, slot * RESULT_WORDS + RESULT_IDS + accepted);
      const length = words('slots')[slot * SLOT_WORDS + SlotWord.length];
      const seen = words('counts').slice(slot * VOCAB, (slot + 1) * VOCAB);
      expect(
        words('tokens')
          .slice(slot * CONTEXT, slot * CONTEXT + length!)
          .slice(length! - accepted),
      ).toEqual(ids);
      expect(ids.every((id) => seen[id]! > 0) && seen.reduce((a, b) => a + b, 0) === accepted).toBe(true);
      return { ids, finished, matched, guessed, length };
    });
  }

  it('takes the one token of a plain step', async () => {
    const results = await committed([{ tokens: [1, 2] }, { tokens: [3] }], 1, [20, 21]);
    expect(results).toEqual([
      { ids: [20], finished: 0, matched: 0, guessed: 0, length: 3 },
      { ids: [21], finished: 0, matched: 0, guessed: 0, length: 2 },
    ]);
  });

  it('takes drawn tokens as long as they are the drafted ones, and the one that is not', async () => {
    const slots = [
      { tokens: [1], drafted: [10, 11, 12] },
      { tokens: [1], drafted: [10, 11, 12] },
      { tokens: [1], drafted: [10, 11, 12] },
      { tokens: [1], drafted: [NO_TOKEN, NO_TOKEN, NO_TOKEN] },
    ];
    const undrafted = [10, NO_TOKEN, NO_TOKEN, NO_TOKEN];
    const chosen = [10, 11, 12, 13, 10, 40, 12, 13, 40, 11, 12, 13, ...undrafted];
    const results = await committed(slots, 4, chosen);
    expect(results).toEqual([
      { ids: [10, 11, 12, 13], finished: 0, matched: 3, guessed: 3, length: 5 },
      { ids: [10, 40], finished: 0, matched: 1, guessed: 3, length: 3 },
      { ids: [40], finished: 0, matched: 0, guessed: 3, length: 2 },
      { ids: [10], finished: 0, matched: 0, guessed: 0, length: 2 },
    ]);
  });

  it('ends with a stop token, with the limit and with a bad logit, and takes nothing of the dead', async () => {
    const slots = [
      { tokens: [1], drafted: [10, STOP, 12] },
      { tokens: [1], drafted: [10, 11, 12], limit: 3 },
      { tokens: [1], drafted: [10, 11, 12] },
      { tokens: [1, 2], finished: FINISHED_STOP },
    ];
    const chosen = [
      ...[10, STOP, 12, 13],
      ...[10, 11, NO_TOKEN, NO_TOKEN],
      ...[10, BAD_LOGIT, 12, 13],
      ...[NO_TOKEN, NO_TOKEN, NO_TOKEN, NO_TOKEN],
    ];
    expect(await committed(slots, 4, chosen)).toEqual([
      { ids: [10, STOP], finished: FINISHED_STOP, matched: 2, guessed: 3, length: 3 },
      { ids: [10, 11], finished: FINISHED_LENGTH, matched: 2, guessed: 3, length: 3 },
      { ids: [10], finished: FINISHED_BAD, matched: 1, guessed: 3, length: 2 },
      { ids: [], finished: FINISHED_STOP, matched: 0, guessed: 3, length: 2 },
    ]);
  });
});
