import type { Constants, CpuView } from '../../gpu/kernel';
import { DEAD_ROW, NO_TOKEN, SLOT_WORDS, SlotWord } from '../shared/slot-state';

/** Twin of plan-rows.wgsl. */
export function planRowsOnCpu(
  { plan, slots, tokens, rows }: Readonly<Record<'plan' | 'slots' | 'tokens' | 'rows', CpuView>>,
  constants: Constants<'ROWS_PER_SEQUENCE' | 'FIRST' | 'TOKENS_STRIDE' | 'NULL_SLOT'>,
): void {
  const { ROWS_PER_SEQUENCE, FIRST, TOKENS_STRIDE, NULL_SLOT } = constants;
  const sequences = plan.u32[0]!;
  const prefilled = plan.u32[1]!;
  const word = (slot: number, which: number) => slots.u32[slot * SLOT_WORDS + which]!;
  let row = 0;
  const write = (slot: number, position: number, place: number, live: boolean) => {
    const token = live ? tokens.u32[slot * TOKENS_STRIDE + position]! : 0;
    rows.u32.set(live ? [token, position, slot, place] : [0, 0, NULL_SLOT, DEAD_ROW], 4 * row++);
  };
  for (let i = 0; i < sequences; i++) {
    const slot = plan.u32[2 * (1 + i)]!;
    for (let j = 0; j < ROWS_PER_SEQUENCE; j++) {
      const position = word(slot, SlotWord.length) + FIRST + j - 2;
      const isLive = word(slot, SlotWord.finished) === 0 && position + 1 < word(slot, SlotWord.limit);
      const isGuessed = tokens.u32[slot * TOKENS_STRIDE + position] !== NO_TOKEN;
      write(slot, position, j, position >= 0 && isLive && isGuessed);
    }
  }
  for (let i = 0; i < prefilled; i++) {
    const at = 2 * (1 + sequences + i);
    write(plan.u32[at]!, plan.u32[at + 1]!, plan.u32[at + 1]!, true);
  }
}
