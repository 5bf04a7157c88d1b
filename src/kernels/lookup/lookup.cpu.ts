import type { Constants, CpuView } from '../../gpu/kernel';
import { NO_TOKEN, SLOT_WORDS, SlotWord } from '../shared/slot-state';

/** Twin of lookup.wgsl. */
export function lookupOnCpu(
  { plan, slots, tokens }: Readonly<Record<'plan' | 'slots' | 'tokens', CpuView>>,
  { GUESSES, TOKENS_STRIDE, LONGEST, SHORTEST }: Constants<'GUESSES' | 'TOKENS_STRIDE' | 'LONGEST' | 'SHORTEST'>,
): void {
  const sequences = plan.u32[0]!;
  for (let i = 0; i < sequences; i++) {
    const slot = plan.u32[2 * (1 + i)]!;
    const state = slots.u32.subarray(slot * SLOT_WORDS, (slot + 1) * SLOT_WORDS);
    if (state[SlotWord.finished] !== 0) continue;
    const ids = tokens.u32.subarray(slot * TOKENS_STRIDE, slot * TOKENS_STRIDE + state[SlotWord.limit]!);
    const length = state[SlotWord.length]!;
    const from = earlierEnd(ids.subarray(0, length), LONGEST, SHORTEST);
    for (let guess = 0; guess < Math.min(GUESSES, ids.length - length); guess++) {
      ids[length + guess] = from === null ? NO_TOKEN : ids[from + (guess % (length - from))]!;
    }
  }
}

/** Where the last earlier occurrence of the longest n-gram ends that the ids end with; null where none has occurred. */
function earlierEnd(ids: Uint32Array, longest: number, shortest: number): number | null {
  for (let n = longest; n >= shortest; n--) {
    for (let end = ids.length - 1; end >= n; end--) {
      const isSame = Array.from({ length: n }, (_, i) => 1 + i).every((back) => ids[end - back] === ids.at(-back));
      if (isSame) return end;
    }
  }
  return null;
}
