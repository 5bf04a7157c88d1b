import { describe, expect, it } from 'vitest';
import { expectedTokens, MAX_DRAFTS, PLAIN, predictedGain, Speculation } from './speculation';
import type { Round, RoundWishes } from './speculation';

/** A draft at a tenth, and forwards in which each further row costs a twentieth. */
const CHEAP = { draft: 0.1, verify: [1, 1.05, 1.1, 1.15, 1.2] };

/** A draft half as dear as its target, and rows that share nothing. */
const DEAR = { draft: 0.5, verify: [1, 2, 3, 4, 5] };

/** One request that leaves it open, with a draft and nothing to look up. */
const ALONE: RoundWishes = { choices: ['auto'], hasDraft: true, lookupRates: [0], most: MAX_DRAFTS };

const draftOf = (drafts: number): Round => ({ guesser: 'draft', drafts });
const lookupOf = (drafts: number): Round => ({ guesser: 'lookup', drafts });

/** Rounds in which guesses are right with probability `rate`, by a fixed pattern. */
function play(speculation: Speculation, rate: number, rounds: number, drafts = 4): void {
  let state = 1;
  for (let round = 0; round < rounds; round++) {
    let accepted = 0;
    while (accepted < drafts) {
      state = (state * 48271) % 2147483647;
      if (state / 2147483647 >= rate) break;
      accepted++;
    }
    speculation.record(drafts, accepted);
  }
}

/** Decodes so many tokens by what is chosen, with a draft that is never right. @returns the rounds in which it guessed. */
function decode(speculation: Speculation, tokens: number): number {
  let drafted = 0;
  for (let i = 0; i < tokens; i++) {
    const { guesser, drafts } = speculation.choose(ALONE);
    if (guesser === null) speculation.recordUndrafted(1);
    else speculation.record(drafts, 0);
    drafted += guesser === 'draft' ? 1 : 0;
  }
  return drafted;
}

describe('the arithmetic of speculation', () => {
  it('is that of Leviathan et al.: E / (k · c + v(k + 1)), with two rows in the first draft step', () => {
    expect(expectedTokens(0.8, 3)).toBeCloseTo((1 - 0.8 ** 4) / (1 - 0.8), 12);
    expect(predictedGain(CHEAP, draftOf(3), [0.8])).toBeCloseTo(
      expectedTokens(0.8, 3) / (0.1 * (CHEAP.verify[1]! + 2) + 1.15),
      12,
    );
    expect(predictedGain(CHEAP, draftOf(6), [0.8])).toBeCloseTo(
      expectedTokens(0.8, 6) / (0.1 * (CHEAP.verify[1]! + 5) + 1.3),
      12,
    ); // v goes on
    expect(predictedGain(CHEAP, lookupOf(3), [0.8])).toBeCloseTo(expectedTokens(0.8, 3) / 1.15, 12);
  });

  it('gains less where several sequences share a forward already, and what they gain on average', () => {
    const costs = { draft: 0.1, verify: [1, 1.05, 1.1, 2, 3] };
    expect(predictedGain(costs, draftOf(2), [0.8, 0.8, 0.8])).toBeLessThan(predictedGain(costs, draftOf(2), [0.8]));
    const mean = (expectedTokens(0.9, 1) + expectedTokens(0.1, 1)) / 2;
    expect(predictedGain(CHEAP, lookupOf(1), [0.9, 0.1])).toBeCloseTo((mean * 1.05) / 1.15, 12);
  });
});

describe('the choice of a round', () => {
  it('is what was forced, within the room there is, by the draft where there is one', () => {
    const speculation = new Speculation(null);
    expect(speculation.choose({ ...ALONE, choices: [4] })).toEqual(draftOf(4));
    expect(speculation.choose({ ...ALONE, choices: [4], hasDraft: false })).toEqual(lookupOf(4));
    expect(speculation.choose({ ...ALONE, choices: [4, 'auto'], most: 2 })).toEqual(draftOf(2));
    expect(speculation.choose({ ...ALONE, choices: [4, 0] })).toEqual(PLAIN);
    expect(speculation.choose({ ...ALONE, choices: [4], most: 0 })).toEqual(PLAIN);
    expect(speculation.choose(ALONE)).toEqual(PLAIN); // nothing is measured
  });

  it('grows with the acceptance rate and ends where nothing is gained', () => {
    const speculation = new Speculation(CHEAP);
    play(speculation, 0.95, 60);
    expect(speculation.draftRate).toBeGreaterThan(0.85);
    const eager = speculation.choose(ALONE);
    play(speculation, 0.5, 200);
    const modest = speculation.choose(ALONE);
    play(speculation, 0, 200);
    expect(eager.drafts).toBeGreaterThan(modest.drafts);
    expect(modest.drafts).toBeGreaterThan(0);
    expect(speculation.choose(ALONE)).toEqual(PLAIN);
  });

  it('is the guesser that gains more, unless a request rules it out', () => {
    const speculation = new Speculation(CHEAP);
    play(speculation, 0.6, 200);
    expect(speculation.choose({ ...ALONE, lookupRates: [0.1] }).guesser).toBe('draft');
    expect(speculation.choose({ ...ALONE, lookupRates: [0.9] })).toEqual(lookupOf(MAX_DRAFTS));
    expect(speculation.choose({ ...ALONE, lookupRates: [0.9], choices: ['auto', 'draft'] }).guesser).toBe('draft');
    expect(speculation.choose({ ...ALONE, lookupRates: [0.2], choices: ['lookup'] })).toEqual(lookupOf(1));
    expect(speculation.choose({ ...ALONE, lookupRates: [0.01], choices: ['lookup'] })).toEqual(PLAIN);
    expect(speculation.choose({ ...ALONE, lookupRates: [0.9], hasDraft: false }).guesser).toBe('lookup');
  });

  it('stays with who guesses until the other gains clearly more', () => {
    const speculation = new Speculation(CHEAP);
    play(speculation, 0.7, 200);
    const chosen = (rate: number) => speculation.choose({ ...ALONE, lookupRates: [rate] }).guesser;
    const rates = Array.from({ length: 100 }, (_, i) => i / 100);
    const rising = rates.findIndex((rate) => chosen(rate) === 'lookup');
    const falling = rates.findLastIndex((rate) => chosen(rate) === 'draft');
    expect(rising).toBeGreaterThan(falling + 1);
    expect(falling).toBeGreaterThan(10);
  });

  it('is none where guessing costs more than it brings, whatever is accepted, and nothing is tried there', () => {
    const speculation = new Speculation(DEAR);
    play(speculation, 1, 200);
    expect(speculation.choose({ ...ALONE, lookupRates: [1] })).toEqual(PLAIN);
    expect(decode(speculation, 5000)).toBe(0);
  });

  it('tries again now and then, ever more rarely, and stays on when it pays by then', () => {
    const speculation = new Speculation(CHEAP);
    play(speculation, 0, 200);
    const early = decode(speculation, 500);
    const late = decode(speculation, 500);
    expect(early).toBeGreaterThan(late);
    expect(decode(speculation, 10_000)).toBeGreaterThan(0);
    while (speculation.choose(ALONE).guesser === null) speculation.recordUndrafted(1);
    for (let trials = 0; trials < 100; trials++) {
      const { drafts } = speculation.choose(ALONE);
      if (drafts > 0) speculation.record(drafts, drafts);
      else speculation.recordUndrafted(1);
    }
    expect(speculation.choose(ALONE).drafts).toBeGreaterThan(2);
  });
});
