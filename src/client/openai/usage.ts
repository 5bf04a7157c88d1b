/** What a request has cost, in OpenAI's words, and what the engine measured of it, in its own. */
import type { ChoiceFigures } from './answers';

export interface Usage {
  prompt_tokens: number;
  completion_tokens: number;
  total_tokens: number;
  prompt_tokens_details: { cached_tokens: number };
  completion_tokens_details: { reasoning_tokens: number };
}

/** Of each choice. Not a part of OpenAI's API; clients pass over it. Durations are milliseconds. */
export interface HearthFigures {
  /** Gives this very answer again. */
  seed: number | null;
  queue_ms: number;
  time_to_first_token_ms: number;
  total_ms: number;
  prefill_tokens_per_second: number;
  decode_tokens_per_second: number;
  draft_tokens: number;
  accepted_tokens: number;
}

/**
 * @param figures of all choices, those of one prompt side by side.
 * @param n choices to each prompt: it is counted once, with what was cached before any of them had read it.
 */
export function toUsage(figures: readonly ChoiceFigures[], n: number): Usage {
  const usage: Usage = {
    prompt_tokens: 0,
    completion_tokens: 0,
    total_tokens: 0,
    prompt_tokens_details: { cached_tokens: 0 },
    completion_tokens_details: { reasoning_tokens: 0 },
  };
  for (let first = 0; first < figures.length; first += n) {
    const ofPrompt = figures.slice(first, first + n);
    usage.prompt_tokens += ofPrompt[0]!.stats.promptTokens;
    usage.prompt_tokens_details.cached_tokens += Math.min(...ofPrompt.map(({ stats }) => stats.cachedTokens));
    for (const { stats, reasoningTokens } of ofPrompt) {
      usage.completion_tokens += stats.completionTokens;
      usage.completion_tokens_details.reasoning_tokens += reasoningTokens;
    }
  }
  usage.total_tokens = usage.prompt_tokens + usage.completion_tokens;
  return usage;
}

export function toHearthFigures({ seed, stats }: ChoiceFigures): HearthFigures {
  return {
    seed,
    queue_ms: stats.queueMs,
    time_to_first_token_ms: stats.timeToFirstTokenMs,
    total_ms: stats.totalMs,
    prefill_tokens_per_second: stats.prefillTokensPerSecond,
    decode_tokens_per_second: stats.decodeTokensPerSecond,
    draft_tokens: stats.draftTokens,
    accepted_tokens: stats.acceptedTokens,
  };
}
