/**
 * One request's tokens and where they stand. The host knows the tokens that steps have brought back; steps that are
 * submitted and not read yet may have drawn more. Of the known tokens the first `computed` have their keys and values in the
 * cache, or will have when the submitted steps are done; the last one never has: computing it draws the next.
 */
import { invariant, present } from '../lib/invariant';
import type { SamplingSettings } from './options';
import type { SpeculationChoice } from './speculation';

/** 'foreground' is what the person looks at. */
export type Priority = 'foreground' | 'background';

/** What does not change while a sequence runs. */
export interface SequenceTraits {
  readonly settings: SamplingSettings;
  readonly stopIds: ReadonlySet<number>;
  /** Alternatives whose log-probabilities are wanted; null for none at all. */
  readonly logprobs: number | null;
  readonly speculation: SpeculationChoice;
  readonly priority: Priority;
  /** Sequences share cached prefixes only with those of the same salt. */
  readonly salt: string;
}

export class Sequence {
  readonly answerIds: number[] = [];
  /** Block-table slot; null until admitted, and again after preemption. */
  slot: number | null = null;
  /** How often it was admitted. */
  admissions = 0;
  computed = 0;
  /** As `computed`, in the draft model's cache. */
  draftComputed = 0;
  /** Submitted steps that draw tokens for it, those among them without guesses, and the most tokens they may bring. */
  stepsAhead = 0;
  plainAhead = 0;
  tokensAhead = 0;

  /** @param capacity tokens this sequence may grow to: prompt and answer together. */
  constructor(
    readonly promptIds: readonly number[],
    readonly capacity: number,
    readonly traits: SequenceTraits,
  ) {
    invariant(promptIds.length > 0 && promptIds.length <= capacity, 'a prompt has a token and fits its capacity');
  }

  /** Tokens known to the host. */
  get length(): number {
    return this.promptIds.length + this.answerIds.length;
  }

  /** Tokens there may be once the submitted steps are done. */
  get longest(): number {
    return Math.min(this.capacity, this.length + this.tokensAhead);
  }

  /** Positions to compute before a token can be drawn. */
  get prefillRows(): number {
    return Math.max(0, this.length - 1 - this.computed);
  }

  /** Whether another step may draw a token: each one under way brings one at least. */
  get canGoOn(): boolean {
    return this.prefillRows === 0 && this.length + this.stepsAhead < this.capacity;
  }

  /** Positions the draft must compute before it can guess. */
  get draftBehind(): number {
    return Math.max(0, this.length - 2 - this.draftComputed);
  }

  get canAppend(): boolean {
    return this.length < this.capacity;
  }

  get ids(): number[] {
    return [...this.promptIds, ...this.answerIds];
  }

  idAt(position: number): number {
    const answerPosition = position - this.promptIds.length;
    return present(answerPosition < 0 ? this.promptIds[position] : this.answerIds[answerPosition], 'token');
  }

  append(id: number): void {
    invariant(this.canAppend, 'an answer grows up to its capacity');
    this.answerIds.push(id);
  }

  /** A step was submitted that draws a token for it, after `drafts` guesses. */
  noteSubmitted(drafts: number): void {
    this.stepsAhead += 1;
    this.plainAhead += drafts === 0 ? 1 : 0;
    this.tokensAhead += drafts + 1;
  }

  /** Such a step was read. */
  noteRead(drafts: number): void {
    this.stepsAhead -= 1;
    this.plainAhead -= drafts === 0 ? 1 : 0;
    this.tokensAhead -= drafts + 1;
  }

  /**
   * What it drew was appended, up to an end.
   * @param accepted tokens the step brought: as many positions have been computed, by a draft as many but for the last.
   */
  noteAccepted(accepted: number, drafts: number): void {
    this.computed = Math.min(this.length, this.computed + accepted);
    if (drafts > 0) this.draftComputed = Math.max(this.draftComputed, this.computed - 1);
  }

  /** It was preempted, or its device is gone: everything is to be computed again, in another slot. */
  forgetDevice(): void {
    this.slot = null;
    this.computed = 0;
    this.draftComputed = 0;
    this.stepsAhead = 0;
    this.plainAhead = 0;
    this.tokensAhead = 0;
  }
}
