/**
 * Who guesses how many tokens ahead. With an acceptance rate a, a round of k guesses gives on average
 * E = (1 − a^(k+1)) / (1 − a) tokens and costs the guessing and one verifying forward of k + 1 rows, so it is worth
 * E / (k · c + v(k + 1)) plain steps (Leviathan et al. 2023). A draft model's step costs c, its first one c · v(2); looking up
 * what followed the last tokens earlier in the text costs next to nothing. c and v are measured on the device; a is what a draft's last rounds had,
 * or what looking up would have had (lookup-shadow.ts). Where nothing gains enough, decode goes on plainly.
 */
import { MAX_ROWS_PER_SEQUENCE } from '../kernels/shared/slot-state';
import { invariant, present } from '../lib/invariant';
import { AcceptanceRate } from './acceptance-rate';

/** Guesses of one round at most. */
export const MAX_DRAFTS = MAX_ROWS_PER_SEQUENCE - 1;

/** Costs in plain decode steps of one sequence. */
export interface SpeculationCosts {
  /** One draft step of one row: c; null where there is no draft. */
  readonly draft: number | null;
  /** A verifying forward of M rows at index M − 1: v(1) = 1, v(2), …; beyond the last it goes on as it did on average. */
  readonly verify: readonly number[];
}

/**
 * 'auto' decides by measured gain, 'draft' and 'lookup' so for one guesser alone; a number forces that many guesses, by the
 * draft where there is one; 0 is off.
 */
export type SpeculationChoice = 'auto' | 'draft' | 'lookup' | number;

export type Guesser = 'draft' | 'lookup';

/** Who guesses in a step, and how many tokens for each sequence. */
export interface Round {
  /** Null where nobody does. */
  readonly guesser: Guesser | null;
  readonly drafts: number;
}

/** A step without guesses. */
export const PLAIN: Round = { guesser: null, drafts: 0 };

/** What the next round is chosen for. */
export interface RoundWishes {
  /** Of all requests that are there: what one of them rules out is ruled out, for they share their forwards. */
  readonly choices: readonly SpeculationChoice[];
  /** Whether a draft model is loaded. */
  readonly hasDraft: boolean;
  /** For each sequence of the next forward the share of its last tokens that looking up would have guessed right. */
  readonly lookupRates: readonly number[];
  /** Guesses that there is room for. */
  readonly most: number;
}

/** What a round must gain to be worth its risk. */
const LEAST_GAIN = 1.05;

/**
 * Tokens after which a draft that did not pay is tried again, and rounds of such a trial. A trial that fails doubles the time
 * to the next, up to the last number.
 */
const PROBE_EVERY = 64;
const PROBE_ROUNDS = 4;
const PROBE_DRAFTS = 2;
const MOST_BETWEEN_PROBES = 1024;

/** Guesses that a draft's acceptance rate remembers, roughly, and what it begins with. */
const MEMORY = 64;
const FIRST_RATE = 0.7;

/** Tokens of a round of `drafts` guesses on average. */
export function expectedTokens(rate: number, drafts: number): number {
  let sum = 1;
  for (let i = 1; i <= drafts; i++) sum += rate ** i;
  return sum;
}

/** Speed of rounds over that of plain steps. @param rates the acceptance rate of each sequence that shares the forward. */
export function predictedGain(costs: SpeculationCosts, round: Round, rates: readonly number[]): number {
  const tokens = rates.reduce((sum, rate) => sum + expectedTokens(rate, round.drafts), 0) / rates.length;
  return (tokens * verifyCost(costs, rates.length)) / roundCost(costs, round, rates.length);
}

/**
 * A round of `sequences` that share its forwards, in plain steps of one. A draft batches as its target does, and its first step
 * has two rows of each sequence (Runner.record).
 */
export function roundCost(costs: SpeculationCosts, { guesser, drafts }: Round, sequences: number): number {
  const verifying = verifyCost(costs, sequences * (drafts + 1));
  if (guesser !== 'draft') return verifying;
  const drafting = verifyCost(costs, 2 * sequences) + (drafts - 1) * verifyCost(costs, sequences);
  return verifying + present(costs.draft, 'cost of a draft step') * drafting;
}

function verifyCost({ verify }: SpeculationCosts, rows: number): number {
  const measured = verify.length;
  invariant(measured >= 2, 'costs of at least two rows are measured');
  const last = verify[measured - 1]!;
  return verify[rows - 1] ?? last + ((rows - measured) * Math.max(0, last - 1)) / (measured - 1);
}

export class Speculation {
  /** Null until they are measured: nothing is guessed then unless it is forced. */
  costs: SpeculationCosts | null;
  readonly #draftRate = new AcceptanceRate(MEMORY, FIRST_RATE, MEMORY / 2);
  /** Whom the last choice by gain fell on. */
  #guesser: Guesser | null = null;
  #tokensWithout = 0;
  #probeEvery = PROBE_EVERY;
  #probeRounds = 0;

  constructor(costs: SpeculationCosts | null) {
    this.costs = costs;
  }

  /** Share of a draft's guesses that are right where all before them in their round were. */
  get draftRate(): number {
    return this.#draftRate.value;
  }

  choose({ choices, hasDraft, lookupRates, most }: RoundWishes): Round {
    const { costs } = this;
    if (choices.includes(0) || most < 1) return PLAIN;
    const forced = choices.filter((choice) => typeof choice === 'number');
    if (forced.length > 0) {
      return { guesser: hasDraft ? 'draft' : 'lookup', drafts: Math.min(Math.max(...forced), most) };
    }
    if (costs === null || lookupRates.length === 0) return PLAIN;
    const draftRates = lookupRates.map(() => this.draftRate);
    const mayDraft = hasDraft && !choices.includes('lookup');
    const drafted = mayDraft ? bestRound(costs, 'draft', draftRates, most) : NO_GAIN;
    const lookedUp = choices.includes('draft') ? NO_GAIN : bestRound(costs, 'lookup', lookupRates, most);
    // Who guesses goes on until the other gains clearly more: a draft must first catch up, and for that steps are read.
    const advantage = this.#guesser === 'draft' ? LEAST_GAIN : 1 / LEAST_GAIN;
    const best = lookedUp.gain > advantage * drafted.gain ? lookedUp : drafted;
    this.#guesser = best.round.guesser;
    if (this.#guesser === 'draft') this.#probeEvery = PROBE_EVERY;
    if (best.gain >= LEAST_GAIN || !mayDraft || this.#probeRounds === 0) return best.round;
    // A trial is for naught where even a draft that is always right would not pay.
    const hopeful = bestRound(costs, 'draft', draftRates.fill(1), most);
    return hopeful.gain >= LEAST_GAIN ? { guesser: 'draft', drafts: Math.min(PROBE_DRAFTS, most) } : PLAIN;
  }

  /** Counts what became of a draft's guesses for one sequence in a round. */
  record(drafted: number, accepted: number): void {
    if (this.#probeRounds > 0) this.#probeRounds--;
    this.#tokensWithout = 0;
    this.#draftRate.record(accepted + (accepted < drafted ? 1 : 0), accepted); // after the first miss nothing was tried
  }

  /** Counts tokens that came without the draft. */
  recordUndrafted(tokens: number): void {
    this.#tokensWithout += tokens;
    if (this.#tokensWithout < this.#probeEvery) return;
    this.#tokensWithout = 0;
    this.#probeEvery = Math.min(2 * this.#probeEvery, MOST_BETWEEN_PROBES);
    this.#probeRounds = PROBE_ROUNDS;
    this.#draftRate.forget(PROBE_ROUNDS);
  }
}

interface RatedRound {
  readonly round: Round;
  /** At least LEAST_GAIN where somebody guesses. */
  readonly gain: number;
}

const NO_GAIN: RatedRound = { round: PLAIN, gain: 1 };

/** The round of a guesser that gains most, or a plain step where none gains enough. */
function bestRound(costs: SpeculationCosts, guesser: Guesser, rates: readonly number[], most: number): RatedRound {
  const rounds = Array.from({ length: most }, (_, i): Round => ({ guesser, drafts: i + 1 }));
  return rounds
    .map((round) => ({ round, gain: predictedGain(costs, round, rates) }))
    .reduce((best, other) => (other.gain >= LEAST_GAIN && other.gain > best.gain ? other : best), NO_GAIN);
}
