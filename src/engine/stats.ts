/**
 * The figures of one request (`RequestClock`) and of one model's loop (`EngineCollector`). Both only count what they are told;
 * the loop tells them, and whoever asks gets a snapshot of plain data. Durations are milliseconds.
 */
import { DurationHistogram } from './duration-histogram';

/** The shortest durations that hold half, nine tenths and ninety-nine hundredths of the tokens. */
export interface Percentiles {
  p50: number;
  p90: number;
  p99: number;
}

export interface GenerationStats {
  /** Tokens of the prompt as it was first given. */
  promptTokens: number;
  /** Tokens of the answer so far, the one that ended it included. */
  completionTokens: number;
  /** Tokens of the prompt whose keys and values were there already and were not computed again. */
  cachedTokens: number;
  /** Tokens that were guessed ahead, by a draft model or by what the text said before. */
  draftTokens: number;
  /** Guesses that the model agreed with, so that they are tokens of the answer. */
  acceptedTokens: number;
  /** Time spent waiting for room beside other requests, all waits together. */
  queueMs: number;
  /** From the moment the engine took the request to its first token, waiting included. */
  timeToFirstTokenMs: number;
  /** Prompt tokens that were computed, per second from the first forward to the first token; waiting is left out. */
  prefillTokensPerSecond: number;
  /** Tokens after the first arrival, per second. */
  decodeTokensPerSecond: number;
  /**
   * Time per token after the first arrival, to 2.2 percent. Tokens that arrive together share the time since the arrival
   * before them evenly.
   */
  tokenMs: Percentiles;
  /** From the moment the engine took the request until now. */
  totalMs: number;
}

/** The clock of one request. It starts when it is made, with the request waiting. */
export class RequestClock {
  readonly #startMs = performance.now();
  readonly #tokenMs = new DurationHistogram();
  #queuedSinceMs: number | null = this.#startMs;
  #queueMs = 0;
  #prefillMs = 0;
  #firstTokenMs: number | null = null;
  #lastTokenMs = 0;
  #firstTokens = 0;
  #completionTokens = 0;
  #cachedTokens: number | null = null;
  #draftTokens = 0;
  #acceptedTokens = 0;

  constructor(readonly promptTokens: number) {}

  /** The request waits again: it lost its room, or goes on with a prompt cut shorter. */
  markQueued(): void {
    this.#queuedSinceMs ??= performance.now();
  }

  /** The request has room, and its next rows are about to be computed. Calls after the first change nothing. */
  markScheduled(): void {
    this.#queueMs = this.#queueMsUntil(performance.now());
    this.#queuedSinceMs = null;
  }

  /**
   * So many positions of the prompt were found in the cache when the request got room. Later calls, after a preemption, change
   * nothing.
   */
  markCached(tokens: number): void {
    this.#cachedTokens ??= tokens;
  }

  /** So many tokens were guessed ahead, of which so many were accepted. */
  markDrafted(drafted: number, accepted: number): void {
    this.#draftTokens += drafted;
    this.#acceptedTokens += accepted;
  }

  /** So many tokens of the answer have arrived together. */
  markTokens(count: number): void {
    if (count === 0) return;
    const nowMs = performance.now();
    if (this.#firstTokenMs === null) {
      this.#firstTokenMs = nowMs;
      this.#firstTokens = count;
      this.#prefillMs = nowMs - this.#startMs - this.#queueMsUntil(nowMs);
    } else {
      this.#tokenMs.add((nowMs - this.#lastTokenMs) / count, count);
    }
    this.#lastTokenMs = nowMs;
    this.#completionTokens += count;
  }

  snapshot(): GenerationStats {
    const nowMs = performance.now();
    const firstTokenMs = this.#firstTokenMs ?? nowMs;
    const cachedTokens = this.#cachedTokens ?? 0;
    return {
      promptTokens: this.promptTokens,
      completionTokens: this.#completionTokens,
      cachedTokens,
      draftTokens: this.#draftTokens,
      acceptedTokens: this.#acceptedTokens,
      queueMs: this.#queueMsUntil(nowMs),
      timeToFirstTokenMs: firstTokenMs - this.#startMs,
      prefillTokensPerSecond: perSecond(this.promptTokens - cachedTokens, this.#prefillMs),
      decodeTokensPerSecond: perSecond(this.#completionTokens - this.#firstTokens, this.#lastTokenMs - firstTokenMs),
      tokenMs: {
        p50: this.#tokenMs.percentileMs(0.5),
        p90: this.#tokenMs.percentileMs(0.9),
        p99: this.#tokenMs.percentileMs(0.99),
      },
      totalMs: nowMs - this.#startMs,
    };
  }

  #queueMsUntil(nowMs: number): number {
    return this.#queueMs + (this.#queuedSinceMs === null ? 0 : nowMs - this.#queuedSinceMs);
  }
}

/** Device memory of one model, in bytes, by what it is for. */
export interface MemoryByPurpose {
  weights: number;
  /** Keys and values of all positions. */
  kv: number;
  /** What one forward writes and reads again, and the table of rotations. */
  activations: number;
  /** What the device keeps of each sequence: rows, block tables, picks. */
  state: number;
}

/** What the loop of one loaded model is doing. */
export interface EngineStats {
  modelId: string;
  /** Requests that have room and are being computed. */
  running: number;
  /** Requests that wait for room. */
  waiting: number;
  blocks: BlockStats;
  /** Share of all prompt tokens so far that were found in the cache, 0 to 1; null before the first prompt. */
  prefixHitRate: number | null;
  /** Mean number of rows over the last `STEP_WINDOW` forwards; 0 before the first. */
  rowsPerStep: number;
  /** Forwards since the model was loaded. */
  steps: number;
  memoryBytes: MemoryByPurpose;
}

/** Blocks of the KV pool: `used` by live requests, `cached` for requests to come, of `total`. */
export interface BlockStats {
  used: number;
  cached: number;
  total: number;
}

/** Forwards over which `rowsPerStep` is the mean. */
export const STEP_WINDOW = 64;

/** Counts what a model's loop does; what it holds at the moment of asking is handed to `snapshot`. */
export class EngineCollector {
  readonly #rows = new Uint32Array(STEP_WINDOW); // of the last steps, in a ring
  #steps = 0;
  #promptTokens = 0;
  #cachedTokens = 0;

  /** One forward over so many rows. */
  markStep(rows: number): void {
    this.#rows[this.#steps % STEP_WINDOW] = rows;
    this.#steps += 1;
  }

  /** A prompt got room, and of its tokens so many were found in the cache. */
  markPrompt(promptTokens: number, cachedTokens: number): void {
    this.#promptTokens += promptTokens;
    this.#cachedTokens += cachedTokens;
  }

  /** Together with what is held now. */
  snapshot<Held>(held: Held): Held & Pick<EngineStats, 'prefixHitRate' | 'rowsPerStep' | 'steps'> {
    const window = Math.min(this.#steps, STEP_WINDOW);
    const rows = this.#rows.reduce((sum, count) => sum + count, 0); // what is not filled yet is 0
    return {
      ...held,
      prefixHitRate: this.#promptTokens === 0 ? null : this.#cachedTokens / this.#promptTokens,
      rowsPerStep: window === 0 ? 0 : rows / window,
      steps: this.#steps,
    };
  }
}

function perSecond(count: number, durationMs: number): number {
  return count > 0 && durationMs > 0 ? (1000 * count) / durationMs : 0;
}
