import { describe, expect, it } from 'vitest';
import { lookupOnCpu } from '../kernels/lookup/lookup.cpu';
import { LONGEST_NGRAM, SHORTEST_NGRAM } from '../kernels/lookup/lookup';
import { SLOT_WORDS, SlotWord } from '../kernels/shared/slot-state';
import { randomNumbers } from '../kernels/testing/twins';
import { LookupShadow } from './lookup-shadow';

/** What the kernel guesses after `ids`. */
function guessOf(ids: readonly number[]): number {
  const view = (words: number[]) => {
    const u32 = Uint32Array.from(words);
    return { u32, f32: new Float32Array(u32.buffer) };
  };
  const slots = view(Array.from({ length: SLOT_WORDS }, () => 0));
  slots.u32[SlotWord.length] = ids.length;
  slots.u32[SlotWord.limit] = ids.length + 1;
  const tokens = view([...ids, 0]);
  const constants = { GUESSES: 1, TOKENS_STRIDE: ids.length + 1, LONGEST: LONGEST_NGRAM, SHORTEST: SHORTEST_NGRAM };
  lookupOnCpu({ plan: view([1, 0, 0, 0]), slots, tokens }, constants);
  return tokens.u32[ids.length]!;
}

/** Tokens of a small vocabulary, some of which come in repeated stretches. */
function text(seed: number, length: number): number[] {
  const ids: number[] = [];
  for (const x of randomNumbers(seed, length)) {
    if (x > 0.9 && ids.length > 20) ids.push(...ids.slice(-18, -6));
    else ids.push(Math.floor((x + 1) * 6));
  }
  return ids.slice(0, length);
}

describe('the shadow of looking up', () => {
  it('counts a token as guessed exactly where the kernel would have guessed it', () => {
    for (const [seed, promptLength] of [0, 1, 2, 3, 40].entries()) {
      const ids = text(seed + 1, 160);
      const shadow = new LookupShadow(promptLength);
      let expected = 0;
      for (let known = Math.max(1, promptLength); known < ids.length; known++) {
        shadow.follow(ids.slice(0, known));
        const before = shadow.rate;
        shadow.follow(ids.slice(0, known + 1));
        const isGuessed = guessOf(ids.slice(0, known)) === ids[known];
        expect(shadow.rate > before, `token ${known} of text ${seed}`).toBe(isGuessed);
        expected += isGuessed ? 1 : 0;
      }
      expect(expected).toBeGreaterThan(10);
    }
  });

  it('knows at once as much as token by token', () => {
    const ids = text(9, 200);
    const [whole, pieces] = [new LookupShadow(50), new LookupShadow(50)];
    whole.follow(ids);
    for (let length = 0; length <= ids.length; length += 7) pieces.follow(ids.slice(0, length));
    pieces.follow(ids);
    expect(pieces.rate).toBe(whole.rate);
    expect(whole.rate).toBeGreaterThan(0);
  });

  it('catches up with a long prompt while the answer grows', () => {
    const prompt = Array.from({ length: 9000 }, (_, i) => i);
    const ids = [...prompt, ...prompt.slice(100, 140)];
    const shadow = new LookupShadow(prompt.length);
    shadow.follow(ids.slice(0, 9001));
    expect(shadow.rate).toBe(0);
    for (let length = 9002; length <= ids.length; length++) shadow.follow(ids.slice(0, length));
    const atOnce = new LookupShadow(prompt.length);
    for (let i = 0; i < 3; i++) atOnce.follow(ids);
    expect(shadow.rate).toBe(atOnce.rate);
    expect(shadow.rate).toBeGreaterThan(0.8);
  });

  it('rises fast where text repeats itself, and falls as fast', () => {
    const story = Array.from({ length: 60 }, (_, i) => i);
    const shadow = new LookupShadow(story.length);
    shadow.follow(story);
    shadow.follow([...story, ...story.slice(0, 24)]);
    expect(shadow.rate).toBeGreaterThan(0.7);
    shadow.follow([...story, ...story.slice(0, 24), ...story.map((id) => id + 1000)]);
    expect(shadow.rate).toBeLessThan(0.05);
  });
});
