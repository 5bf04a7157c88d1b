import type { Constants, CpuView, Grid } from '../../gpu/kernel';
import { DEAD_ROW, IN_PROMPT, MAX_BIASES, SLOT_WORDS, SlotWord } from '../shared/slot-state';

const MAX_LOGIT = Math.fround(3.4028234e38);

const clampLogit = (logit: number) => Math.max(-MAX_LOGIT, Math.min(logit, MAX_LOGIT));

/** Twin of penalize.wgsl. */
export function penalizeOnCpu(
  {
    logits,
    rows,
    picked,
    slots,
    tokens,
    counts,
    biases,
  }: Readonly<Record<'logits' | 'rows' | 'picked' | 'slots' | 'tokens' | 'counts' | 'biases', CpuView>>,
  { VOCAB, LOGIT_STRIDE, TOKENS_STRIDE }: Constants<'VOCAB' | 'LOGIT_STRIDE' | 'TOKENS_STRIDE'>,
  grid: Grid,
): void {
  for (let output = 0; output < grid[2]; output++) {
    const [, position = 0, slot = 0, dead] = rows.u32.subarray(4 * picked.u32[output]!, 4 * picked.u32[output]! + 4);
    if (dead === DEAD_ROW) continue;
    const words = slot * SLOT_WORDS;
    const length = slots.u32[words + SlotWord.length]!;
    const repetition = slots.f32[words + SlotWord.repetitionPenalty]!;
    const frequency = slots.f32[words + SlotWord.frequencyPenalty]!;
    const presence = slots.f32[words + SlotWord.presencePenalty]!;
    const base = output * LOGIT_STRIDE;
    if (repetition !== 1 || frequency !== 0 || presence !== 0) {
      const drafted = tokens.u32.subarray(slot * TOKENS_STRIDE + length, slot * TOKENS_STRIDE + position + 1);
      for (let id = 0; id < VOCAB; id++) {
        let count = counts.u32[slot * VOCAB + id]!;
        for (let i = 0; i < drafted.length; i++) if (drafted[i] === id) count++;
        const logit = logits.f32[base + id]!;
        if (count === 0 || !Number.isFinite(logit)) continue;
        let result = logit > 0 ? logit / repetition : logit * repetition;
        const answered = (count & ~IN_PROMPT) >>> 0;
        if (answered > 0) result -= answered * frequency + presence;
        logits.f32[base + id] = clampLogit(result);
      }
    }
    const first = 2 * slot * MAX_BIASES;
    for (let i = first; i < first + 2 * slots.u32[words + SlotWord.biasCount]!; i += 2) {
      const at = base + biases.u32[i]!;
      const logit = logits.f32[at]!;
      if (Number.isFinite(logit)) logits.f32[at] = clampLogit(logit + biases.f32[i + 1]!);
    }
  }
}
