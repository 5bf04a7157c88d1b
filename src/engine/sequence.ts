/**
 * One request's tokens and where they stand. The host knows the tokens that steps have brought back; steps that are
 * submitted and not read yet may have drawn more. Of the known tokens the first `cached` have their keys and values in the
 * cache, or will have when the submitted steps are done; computing the last one draws the next.
 */
import { invariant } from '../lib/invariant';
import type { TokenMatcher } from './grammar/token-matcher';
import type { SamplingSettings } from './options';
import type { Priority, Schedulable } from './scheduler';
import { LookupShadow } from './lookup-shadow';
import type { Round, SpeculationChoice } from './speculation';

/** What does not change while a sequence runs. */
export interface SequenceTraits {
  readonly settings: SamplingSettings;
  readonly stopIds: ReadonlySet<number>;
  /** Alternatives whose log-probabilities are wanted; null for none at all. */
  readonly logprobs: number | null;
  /** What the answer must be written in; null for anything. It has accepted the tokens of the answer. */
  readonly grammar: TokenMatcher | null;
  readonly speculation: SpeculationChoice;
  readonly priority: Priority;
  /** Sequences share cached prefixes only with those of the same salt. */
  readonly salt: string;
}

export class Sequence implements Schedulable {
  readonly answerIds: number[] = [];
  /** Prompt and answer so far, kept rather than joined anew for every token. */
  readonly ids: number[];
  slot: number | null = null;
  cached = 0;
  draftCached = 0;
  /** Submitted steps that draw tokens for it and are not read, those among them without the draft, and what they may bring. */
  stepsAhead = 0;
  undraftedAhead = 0;
  tokensAhead = 0;
  /** What looking up would have guessed; null where it is not asked for. */
  readonly lookup: LookupShadow | null;

  /** @param capacity tokens this sequence may grow to: prompt and answer together. */
  constructor(
    readonly promptIds: readonly number[],
    readonly capacity: number,
    readonly traits: SequenceTraits,
  ) {
    invariant(promptIds.length > 0 && promptIds.length < capacity, 'a prompt has a token and leaves room for one');
    this.ids = [...promptIds];
    const { speculation } = traits;
    this.lookup = speculation === 'auto' || speculation === 'lookup' ? new LookupShadow(promptIds.length) : null;
  }

  /** Tokens known to the host. */
  get known(): number {
    return this.ids.length;
  }

  get length(): number {
    return Math.min(this.capacity, this.known + this.tokensAhead);
  }

  get priority(): Priority {
    return this.traits.priority;
  }

  get awaitsRead(): boolean {
    return this.traits.grammar !== null && this.stepsAhead > 0;
  }

  get salt(): string {
    return this.traits.salt;
  }

  get canAppend(): boolean {
    return this.known < this.capacity;
  }

  append(id: number): void {
    invariant(this.canAppend, 'an answer grows up to its capacity');
    this.answerIds.push(id);
    this.ids.push(id);
  }

  /** A step was submitted that draws a token for it, and those that were guessed. */
  noteSubmitted({ guesser, drafts }: Round): void {
    this.stepsAhead += 1;
    this.undraftedAhead += guesser === 'draft' ? 0 : 1;
    this.tokensAhead += drafts + 1;
  }

  /** Such a step was read. */
  noteRead({ guesser, drafts }: Round): void {
    this.stepsAhead -= 1;
    this.undraftedAhead -= guesser === 'draft' ? 0 : 1;
    this.tokensAhead -= drafts + 1;
  }

  /**
   * What it drew was appended, up to an end.
   * @param accepted tokens the step brought: as many positions have been computed, by a draft as many but for the last.
   */
  noteAccepted(accepted: number, { guesser }: Round): void {
    this.cached = Math.min(this.known, this.cached + accepted);
    if (guesser === 'draft') this.draftCached = Math.max(this.draftCached, this.cached - 1);
  }

  /** Its device is gone: everything is to be computed again. */
  forgetDevice(): void {
    this.slot = null;
    this.cached = 0;
    this.draftCached = 0;
    this.stepsAhead = 0;
    this.undraftedAhead = 0;
    this.tokensAhead = 0;
  }
}
