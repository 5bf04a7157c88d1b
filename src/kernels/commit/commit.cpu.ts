import type { Constants, CpuView } from '../../gpu/kernel';
import {
  BAD_LOGIT,
  FINISHED_BAD,
  FINISHED_LENGTH,
  FINISHED_STOP,
  NO_TOKEN,
  RESULT_IDS,
  RESULT_WORDS,
  SLOT_WORDS,
  SlotWord,
} from '../shared/slot-state';

/** Twin of commit.wgsl. */
export function commitOnCpu(
  {
    plan,
    chosen,
    slots,
    tokens,
    counts,
    results,
  }: Readonly<Record<'plan' | 'chosen' | 'slots' | 'tokens' | 'counts' | 'results', CpuView>>,
  { ROWS_PER_SEQUENCE, TOKENS_STRIDE, VOCAB }: Constants<'ROWS_PER_SEQUENCE' | 'TOKENS_STRIDE' | 'VOCAB'>,
): void {
  const sequences = plan.u32[0]!;
  for (let i = 0; i < sequences; i++) {
    const slot = plan.u32[2 * (1 + i)]!;
    const state = slots.u32.subarray(slot * SLOT_WORDS, (slot + 1) * SLOT_WORDS);
    const result = results.u32.subarray(i * RESULT_WORDS, (i + 1) * RESULT_WORDS);
    const stops = state.subarray(SlotWord.stopIds, SlotWord.stopIds + state[SlotWord.stopCount]!);
    let length = state[SlotWord.length]!;
    let finished = state[SlotWord.finished]!;
    const isGuessed = ROWS_PER_SEQUENCE > 1 && tokens.u32[slot * TOKENS_STRIDE + length] !== NO_TOKEN;
    let accepted = 0;
    let matched = 0;
    for (let row = 0; row < ROWS_PER_SEQUENCE && finished === 0; row++) {
      const id = chosen.u32[i * ROWS_PER_SEQUENCE + row]!;
      if (id === NO_TOKEN) break;
      if (id === BAD_LOGIT) {
        finished = FINISHED_BAD;
        break;
      }
      const at = slot * TOKENS_STRIDE + length;
      const matches = row + 1 < ROWS_PER_SEQUENCE && tokens.u32[at] === id;
      tokens.u32[at] = id;
      counts.u32[slot * VOCAB + id]!++;
      result[RESULT_IDS + accepted++] = id;
      length++;
      if (matches) matched++;
      if (stops.includes(id)) finished = FINISHED_STOP;
      else if (length >= state[SlotWord.limit]!) finished = FINISHED_LENGTH;
      if (!matches) break;
    }
    state[SlotWord.length] = length;
    state[SlotWord.finished] = finished;
    result[0] = accepted;
    result[1] = finished;
    result[2] = matched;
    result[3] = isGuessed ? ROWS_PER_SEQUENCE - 1 : 0;
  }
}
