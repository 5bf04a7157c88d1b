/** The clock of one request. Times are milliseconds from the moment the engine took it. */
export interface GenerationStats {
  promptTokens: number;
  completionTokens: number;
  timeToFirstTokenMs: number;
  prefillTokensPerSecond: number;
  /** Tokens after the first, per second. */
  decodeTokensPerSecond: number;
  totalMs: number;
}

export class RequestClock {
  readonly #startMs = performance.now();
  #scheduledMs: number | null = null;
  #firstTokenMs: number | null = null;
  #lastTokenMs = 0;
  #completionTokens = 0;

  constructor(readonly promptTokens: number) {}

  /** The first rows of the prompt are about to be computed. */
  markScheduled(): void {
    this.#scheduledMs ??= performance.now();
  }

  markToken(): void {
    this.#lastTokenMs = performance.now();
    this.#firstTokenMs ??= this.#lastTokenMs;
    this.#completionTokens += 1;
  }

  snapshot(): GenerationStats {
    const scheduledMs = this.#scheduledMs ?? this.#startMs;
    const firstTokenMs = this.#firstTokenMs ?? performance.now();
    return {
      promptTokens: this.promptTokens,
      completionTokens: this.#completionTokens,
      timeToFirstTokenMs: firstTokenMs - this.#startMs,
      prefillTokensPerSecond: perSecond(this.promptTokens, firstTokenMs - scheduledMs),
      decodeTokensPerSecond: perSecond(this.#completionTokens - 1, this.#lastTokenMs - firstTokenMs),
      totalMs: performance.now() - this.#startMs,
    };
  }
}

function perSecond(count: number, durationMs: number): number {
  return count > 0 && durationMs > 0 ? (1000 * count) / durationMs : 0;
}
