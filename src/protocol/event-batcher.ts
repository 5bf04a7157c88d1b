/**
 * Events leave a worker at most once per frame: a page cannot show more, and every message costs both threads. Texts that
 * wait are joined, of prefill counts only the newest is kept. A change of kind (the first text, `done`) goes at once.
 */
import type { GenerateEvent, TextEvent } from './generation';

/** One frame at 60 Hz. */
const FRAME_MS = 16;

export interface EventBatcher {
  push(event: GenerateEvent): void;
  /** Sends what waits; resolves when the other side has taken everything. */
  flush(): Promise<void>;
}

/** @param send delivers one event; its promise (if any) resolves when the other side has taken it. */
export function batchEvents(send: (event: GenerateEvent) => unknown, intervalMs = FRAME_MS): EventBatcher {
  let waiting: GenerateEvent | null = null;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let lastSentMs = -Infinity;
  let lastTaken: unknown;

  function emit(): void {
    clearTimeout(timer);
    timer = undefined;
    if (!waiting) return;
    lastTaken = send(waiting);
    lastSentMs = performance.now();
    waiting = null;
  }

  return {
    push(event) {
      const joined = waiting && join(waiting, event);
      const kindChanged = waiting !== null && joined === null;
      if (kindChanged) emit();
      waiting = joined ?? event;
      const dueInMs = lastSentMs + intervalMs - performance.now();
      if (kindChanged || event.type === 'done' || dueInMs <= 0) emit();
      else timer ??= setTimeout(emit, dueInMs);
    },
    async flush() {
      emit();
      await lastTaken;
    },
  };
}

/** Two events in a row as one, or null when they are of different kinds. */
function join(first: GenerateEvent, second: GenerateEvent): GenerateEvent | null {
  if (first.type === 'prefill' && second.type === 'prefill') return second;
  if (first.type === 'text' && second.type === 'text') return joinText(first, second);
  return null;
}

function joinText(first: TextEvent, second: TextEvent): TextEvent {
  const shift = first.text.length;
  const flags = ({ drafted, tokenIds }: TextEvent) => drafted ?? tokenIds.map(() => false);
  const shifted = second.draftedRanges?.map(([start, end]): [number, number] => [start + shift, end + shift]);
  return {
    ...second,
    text: first.text + second.text,
    tokenIds: [...first.tokenIds, ...second.tokenIds],
    ...((first.drafted ?? second.drafted) && { drafted: [...flags(first), ...flags(second)] }),
    ...((first.draftedRanges ?? shifted) && { draftedRanges: [...(first.draftedRanges ?? []), ...(shifted ?? [])] }),
    ...((first.logprobs ?? second.logprobs) && {
      logprobs: [...(first.logprobs ?? []), ...(second.logprobs ?? [])],
    }),
  };
}
