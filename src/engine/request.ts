/**
 * One request while it runs: its sequence, its sampling, and the way its tokens become text. It knows neither the other
 * requests nor the device.
 */
import type { TextModel } from '../text/text-model';
import type { StreamDecoder } from '../text/stream-decoder';
import { EventQueue } from './event-queue';
import type { ResolvedOptions } from './options';
import type { Sampler } from './sampler';
import type { Sequence } from './sequence';
import { RequestClock } from './stats';
import type { GenerationStats } from './stats';
import { StopMatcher } from './stop';

export type FinishReason = 'stop' | 'length' | 'aborted';

/** The life of a request, in order: `prefill`*, `text`*, then one `done`. */
export type GenerateEvent =
  | { type: 'prefill'; doneTokens: number; totalTokens: number }
  | { type: 'text'; text: string; tokenIds: number[]; stats: GenerationStats }
  | { type: 'done'; reason: FinishReason; stats: GenerationStats; seed: number };

export class Request {
  readonly events = new EventQueue<GenerateEvent>();
  readonly clock: RequestClock;
  aborted = false;
  readonly #decoder: StreamDecoder;
  readonly #matcher: StopMatcher;
  readonly #stopTokenIds: ReadonlySet<number>;
  #unreported: number[] = [];

  constructor(
    readonly sequence: Sequence,
    readonly options: ResolvedOptions,
    text: TextModel,
    { stopStrings, continuesText }: { stopStrings: readonly string[]; continuesText: boolean },
  ) {
    this.clock = new RequestClock(sequence.promptIds.length);
    this.#decoder = text.tokenizer.streamDecoder({ continuesText });
    this.#matcher = new StopMatcher(stopStrings);
    this.#stopTokenIds = text.stopTokenIds;
  }

  reportPrefill(): void {
    const { cached, promptIds } = this.sequence;
    this.events.push({
      type: 'prefill',
      doneTokens: Math.min(cached, promptIds.length),
      totalTokens: promptIds.length,
    });
  }

  /** Draws the next token from its logits. @returns why the request is finished, or null to go on. */
  takeIn(logits: Float32Array, sampler: Sampler): FinishReason | null {
    const { sequence } = this;
    const id = sampler.sample(logits, this.options, sequence);
    this.clock.markToken();
    if (this.#stopTokenIds.has(id)) return this.#finish('stop');
    sequence.append(id);
    this.#unreported.push(id);
    const { emit, stopped } = this.#matcher.push(this.#decoder.push(id));
    this.#report(emit);
    if (stopped) return 'stop';
    const full = !sequence.canAppend || sequence.answerIds.length >= this.options.maxTokens;
    return full ? this.#finish('length') : null;
  }

  /** Reports the end; nothing follows. */
  end(reason: FinishReason): void {
    this.events.push({ type: 'done', reason, stats: this.clock.snapshot(), seed: this.options.seed });
    this.events.end();
  }

  /** Brings out what decoder and matcher held back. */
  #finish(reason: FinishReason): FinishReason {
    const { emit, stopped } = this.#matcher.push(this.#decoder.flush());
    this.#report(stopped ? emit : emit + this.#matcher.flush(), true);
    return stopped ? 'stop' : reason;
  }

  /** Tokens that made no text yet are reported with the next that do, or at the end. */
  #report(text: string, atEnd = false): void {
    if (text === '' && !(atEnd && this.#unreported.length > 0)) return;
    this.events.push({ type: 'text', text, tokenIds: this.#unreported, stats: this.clock.snapshot() });
    this.#unreported = [];
  }
}
