/**
 * How many tokens a draft should guess. With an acceptance rate a, a round of k guesses gives on average
 * E = (1 − a^(k+1)) / (1 − a) tokens and costs k draft steps and one verifying forward of k + 1 rows, so it is worth
 * E / (k · c + v(k + 1)) plain steps (Leviathan et al. 2023). c and v are measured on the device, a is what the last rounds
 * had; where no k gains enough, decode goes on plainly and asks again now and then.
 */
import { MAX_ROWS_PER_SEQUENCE } from '../kernels/shared/slot-state';
import { invariant } from '../lib/invariant';

/** Guesses of one round at most. */
export const MAX_DRAFTS = MAX_ROWS_PER_SEQUENCE - 1;

/** Costs in plain decode steps of one sequence. */
export interface SpeculationCosts {
  /** One draft step of one row: c. */
  readonly draft: number;
  /** A verifying forward of M rows at index M − 1: v(1) = 1, v(2), …; beyond the last it goes on as it did there. */
  readonly verify: readonly number[];
}

/** 'auto' decides by measured gain; a number forces that many guesses; 0 is off. */
export type SpeculationChoice = 'auto' | number;

/** What a round must gain to be worth its risk. */
const LEAST_GAIN = 1.05;

/** Tokens after which a draft that did not pay is tried again, and rounds of such a trial. */
const PROBE_EVERY = 64;
const PROBE_ROUNDS = 4;
const PROBE_DRAFTS = 2;

/** Guesses that the running acceptance rate remembers, roughly, and what it begins with. */
const MEMORY = 64;
const FIRST_RATE = 0.7;

/** Tokens of a round of `drafts` guesses on average. */
export function expectedTokens(rate: number, drafts: number): number {
  let sum = 1;
  for (let i = 1; i <= drafts; i++) sum += rate ** i;
  return sum;
}

/** Speed of rounds over that of plain steps, for `sequences` that share each forward. */
export function predictedGain(costs: SpeculationCosts, rate: number, drafts: number, sequences = 1): number {
  const plain = verifyCost(costs, sequences);
  const round = drafts * costs.draft * plain + verifyCost(costs, sequences * (drafts + 1)); // a draft batches as its target
  return (expectedTokens(rate, drafts) * plain) / round;
}

function verifyCost({ verify }: SpeculationCosts, rows: number): number {
  const last = verify.length;
  invariant(last >= 2, 'costs of at least two rows are measured');
  if (rows <= last) return verify[rows - 1]!;
  return verify[last - 1]! + (rows - last) * Math.max(0, verify[last - 1]! - verify[last - 2]!);
}

export class Speculation {
  #trials = MEMORY / 2;
  #matches = (FIRST_RATE * MEMORY) / 2;
  #tokensWithout = 0;
  #probeRounds = 0;

  /** @param costs null until they are measured: nothing is guessed then unless it is forced. */
  constructor(public costs: SpeculationCosts | null) {}

  /** Share of guesses that are right where all before them in their round were. */
  get acceptanceRate(): number {
    return this.#matches / this.#trials;
  }

  /**
   * Guesses for the next round; 0 is a plain step.
   * @param most what room there is for.
   */
  choose(choice: SpeculationChoice, sequences: number, most = MAX_DRAFTS): number {
    if (choice !== 'auto') return Math.min(choice, most);
    if (this.costs === null || most === 0) return 0;
    if (this.#probeRounds > 0) return Math.min(PROBE_DRAFTS, most);
    let best = 0;
    let bestGain = LEAST_GAIN;
    for (let drafts = 1; drafts <= most; drafts++) {
      const gain = predictedGain(this.costs, this.acceptanceRate, drafts, sequences);
      if (gain > bestGain) [best, bestGain] = [drafts, gain];
    }
    return best;
  }

  /** Counts what became of one sequence's guesses in a round. */
  record(drafted: number, accepted: number): void {
    if (this.#probeRounds > 0) this.#probeRounds--;
    this.#tokensWithout = 0;
    const trials = accepted + (accepted < drafted ? 1 : 0); // after the first miss nothing was tried
    const keep = (1 - 1 / MEMORY) ** trials;
    this.#trials = keep * this.#trials + trials;
    this.#matches = keep * this.#matches + accepted;
  }

  /** Counts tokens decoded plainly. */
  recordPlain(tokens: number): void {
    this.#tokensWithout += tokens;
    if (this.#tokensWithout < PROBE_EVERY) return;
    this.#tokensWithout = 0;
    this.#probeRounds = PROBE_ROUNDS;
  }
}
