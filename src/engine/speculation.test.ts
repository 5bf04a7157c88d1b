import { describe, expect, it } from 'vitest';
import { expectedTokens, MAX_DRAFTS, predictedGain, Speculation } from './speculation';

/** A draft at a tenth, and forwards in which each further row costs a twentieth. */
const CHEAP = { draft: 0.1, verify: [1, 1.05, 1.1, 1.15, 1.2] };

/** A draft half as dear as its target, and rows that share nothing. */
const DEAR = { draft: 0.5, verify: [1, 2, 3, 4, 5] };

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

describe('the arithmetic of speculation', () => {
  it('is that of Leviathan et al.: E / (k · c + v(k + 1))', () => {
    expect(expectedTokens(0.8, 3)).toBeCloseTo((1 - 0.8 ** 4) / (1 - 0.8), 12);
    expect(predictedGain(CHEAP, 0.8, 3)).toBeCloseTo(expectedTokens(0.8, 3) / (0.3 + 1.15), 12);
    expect(predictedGain(CHEAP, 0.8, 6)).toBeCloseTo(expectedTokens(0.8, 6) / (0.6 + 1.3), 12); // v goes on as it did
  });

  it('gains less where several sequences share a forward already', () => {
    const costs = { draft: 0.1, verify: [1, 1.05, 1.1, 2, 3] };
    expect(predictedGain(costs, 0.8, 2, 3)).toBeLessThan(predictedGain(costs, 0.8, 2, 1));
  });
});

describe('the choice of k', () => {
  it('is what was forced, within the room there is', () => {
    const speculation = new Speculation(null);
    expect(speculation.choose(4, 1)).toBe(4);
    expect(speculation.choose(4, 1, 2)).toBe(2);
    expect(speculation.choose(0, 1)).toBe(0);
    expect(speculation.choose('auto', 1)).toBe(0); // nothing is measured
  });

  it('grows with the acceptance rate and ends where nothing is gained', () => {
    const speculation = new Speculation(CHEAP);
    play(speculation, 0.95, 60);
    expect(speculation.acceptanceRate).toBeGreaterThan(0.85);
    const eager = speculation.choose('auto', 1);
    play(speculation, 0.5, 200);
    const modest = speculation.choose('auto', 1);
    play(speculation, 0, 200);
    expect(eager).toBeGreaterThan(modest);
    expect(modest).toBeGreaterThan(0);
    expect(speculation.choose('auto', 1)).toBe(0);
  });

  it('is none where drafting costs more than it brings, whatever is accepted', () => {
    const speculation = new Speculation(DEAR);
    play(speculation, 1, 200);
    expect(speculation.choose('auto', 1)).toBe(0);
  });

  it('tries again now and then, and stays on when it pays by then', () => {
    const speculation = new Speculation(CHEAP);
    play(speculation, 0, 200);
    expect(speculation.choose('auto', 1)).toBe(0);
    let trials = 0;
    for (let tokens = 0; tokens < 2000 && speculation.choose('auto', 1) === 0; tokens++) speculation.recordPlain(1);
    for (; trials < 400 && speculation.choose('auto', 1) > 0; trials++) {
      const drafts = speculation.choose('auto', 1);
      speculation.record(drafts, drafts);
    }
    expect(trials).toBeGreaterThan(3);
    expect(speculation.choose('auto', 1)).toBeLessThanOrEqual(MAX_DRAFTS);
  });
});
