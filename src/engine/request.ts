/**
 * One request while it runs: its sequence, its sampling, and the way its tokens become text. It knows neither the other
 * requests nor the device.
 */
import type { TextModel } from '../text/text-model';
import type { StreamDecoder } from '../text/stream-decoder';
import { DraftedText } from './drafted-text';
import type { TextRange } from './drafted-text';
import { EventQueue } from './event-queue';
import { spellLogprobs } from './logprobs';
import type { IdLogprobs, TokenLogprobs } from './logprobs';
import type { ResolvedOptions } from './options';
import type { Sequence } from './sequence';
import type { GenerationStats, RequestClock } from './stats';
import { StopMatcher } from './stop';

export type FinishReason = 'stop' | 'length' | 'aborted';

/** The life of a request, in order: `dropped`?, `prefill`*, `text`*, and so on again where older turns give way, then one `done`. */
export type GenerateEvent =
  | DroppedEvent
  | { type: 'prefill'; doneTokens: number; totalTokens: number }
  | { type: 'recovering' }
  | TextEvent
  | { type: 'done'; reason: FinishReason; stats: GenerationStats; seed: number };

/** The oldest messages no longer fit and were left out: so many in all. */
export interface DroppedEvent {
  type: 'dropped';
  messages: number;
}

export interface TextEvent {
  type: 'text';
  text: string;
  tokenIds: number[];
  /** For each token whether it was guessed ahead; absent where none of them was. */
  drafted?: boolean[];
  /** The characters of `text` that were guessed ahead; absent where there are none. */
  draftedRanges?: TextRange[];
  /** For each token, where the request asks for `logprobs`. */
  logprobs?: TokenLogprobs[];
  stats: GenerationStats;
}

/** A token of the answer as the loop hands it over. */
export interface AnswerToken {
  id: number;
  /** It was guessed ahead. */
  drafted: boolean;
  /** Null unless the request asks for it. */
  logprobs: IdLogprobs | null;
}

export interface RequestParts {
  clock: RequestClock;
  stopStrings: readonly string[];
  /** The answer goes on with text that is shown already. */
  continuesText: boolean;
  /** With a full context the request ends without `done`, and what it holds back stays so: it is to go on as another one. */
  goesOnWhenFull: boolean;
  /** The request that this one goes on from. */
  after: Request | null;
}

export class Request {
  readonly events = new EventQueue<GenerateEvent>();
  readonly clock: RequestClock;
  aborted = false;
  readonly #decoder: StreamDecoder;
  readonly #matcher: StopMatcher;
  readonly #stopTokenIds: ReadonlySet<number>;
  readonly #tokenText: (id: number) => string;
  readonly #draftedText: DraftedText;
  /** Tokens of the answer that no event has told of; the last `#unfinished` of them are a piece of a character. */
  #unreported: AnswerToken[];
  #unfinished = 0;
  #goesOnWhenFull: boolean;

  constructor(
    readonly sequence: Sequence,
    readonly options: ResolvedOptions,
    text: TextModel,
    { clock, stopStrings, continuesText, goesOnWhenFull, after }: RequestParts,
  ) {
    this.clock = clock;
    this.#decoder = text.tokenizer.streamDecoder({ continuesText });
    this.#matcher = after ? after.#matcher : new StopMatcher(stopStrings);
    this.#draftedText = after ? after.#draftedText : new DraftedText();
    this.#unreported = after ? after.#unreported.slice(0, after.#unreported.length - after.#unfinished) : [];
    if (after) sequence.traits.grammar?.rollBack(after.#unfinished);
    this.#stopTokenIds = text.stopTokenIds;
    this.#tokenText = (id) => text.tokenizer.decode([id], { skipSpecialTokens: false, continuesText: true });
    this.#goesOnWhenFull = goesOnWhenFull;
  }

  /** Text of the answer that is held back, because a stop string may begin with it. */
  get heldText(): string {
    return this.#matcher.held;
  }

  /** Tokens of the answer, without those at its end that are only a piece of a character. */
  get writtenTokens(): number {
    return this.sequence.answerIds.length - this.#unfinished;
  }

  /** So many tokens of the prompt have been computed or found in the cache. */
  reportPrefill(doneTokens: number): void {
    const totalTokens = this.sequence.promptIds.length;
    this.events.push({ type: 'prefill', doneTokens: Math.min(doneTokens, totalTokens), totalTokens });
  }

  /** The device was lost; the answer goes on where it was once another one is there. */
  reportRecovery(): void {
    this.events.push({ type: 'recovering' });
    this.clock.markQueued();
  }

  /**
   * Takes the tokens that a step brought; those after an end are dropped.
   * @param drafted how many tokens were guessed in that step, of which `matched` were right: those are the first.
   * @returns why the request is finished, or null to go on.
   */
  takeIn(
    ids: ArrayLike<number>,
    drafted: number,
    matched: number,
    logprobs: readonly IdLogprobs[],
  ): FinishReason | null {
    this.clock.markTokens(ids.length);
    if (drafted > 0) this.clock.markDrafted(drafted, matched);
    for (let i = 0; i < ids.length; i++) {
      const reason = this.#accept({ id: ids[i]!, drafted: i < matched, logprobs: logprobs[i] ?? null });
      if (reason !== null) return reason;
    }
    return null;
  }

  /** Makes a token part of the answer. @returns why the request is finished, or null to go on. */
  #accept(token: AnswerToken): FinishReason | null {
    const { sequence } = this;
    if (this.#stopTokenIds.has(token.id)) return this.#finish('stop');
    sequence.append(token.id);
    this.#unreported.push(token);
    const written = this.#decoder.push(token.id);
    this.#unfinished = written === '' ? this.#unfinished + 1 : 0;
    this.#draftedText.push(written.length, token.drafted);
    const { emit, stopped } = this.#matcher.push(written);
    this.#report(emit);
    if (stopped) return 'stop';
    const full = !sequence.canAppend || sequence.answerIds.length >= this.options.maxTokens;
    return full ? this.#finish('length') : null;
  }

  /** Reports the end; nothing follows. */
  end(reason: FinishReason): void {
    if (!this.#goesOnAfter(reason)) {
      this.events.push({ type: 'done', reason, stats: this.clock.snapshot(), seed: this.options.seed });
    }
    this.events.end();
  }

  /** Reports the end of a request that has ended without `done` and cannot go on as another one after all. */
  endFull(): void {
    this.#goesOnWhenFull = false;
    this.end(this.#finish('length'));
  }

  #goesOnAfter(reason: FinishReason): boolean {
    return this.#goesOnWhenFull && reason === 'length' && this.sequence.answerIds.length < this.options.maxTokens;
  }

  /** Brings out what decoder and matcher held back, unless another request goes on from there. */
  #finish(reason: FinishReason): FinishReason {
    if (this.#goesOnAfter(reason)) return reason;
    const written = this.#decoder.flush();
    this.#draftedText.push(written.length, false);
    const { emit, stopped } = this.#matcher.push(written);
    this.#report(stopped ? emit : emit + this.#matcher.flush(), true);
    return stopped ? 'stop' : reason;
  }

  /** Tokens that made no text yet are reported with the next that do, or at the end. */
  #report(text: string, atEnd = false): void {
    const tokens = this.#unreported;
    if (text === '' && !(atEnd && tokens.length > 0)) return;
    this.#unreported = [];
    const draftedRanges = this.#draftedText.take(text.length);
    this.events.push({
      type: 'text',
      text,
      tokenIds: tokens.map(({ id }) => id),
      ...(tokens.some(({ drafted }) => drafted) && { drafted: tokens.map(({ drafted }) => drafted) }),
      ...(draftedRanges.length > 0 && { draftedRanges }),
      ...(this.options.logprobs !== null && {
        logprobs: tokens.flatMap(({ logprobs }) => (logprobs ? [spellLogprobs(logprobs, this.#tokenText)] : [])),
      }),
      stats: this.clock.snapshot(),
    });
  }
}
