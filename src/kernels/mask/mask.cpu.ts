import type { Constants, CpuView, Grid } from '../../gpu/kernel';
import { maskWords } from '../shared/mask-words';

const LOWEST_LOGIT = Math.fround(-3.4028234e38);

/** Twin of mask.wgsl. */
export function maskOnCpu(
  { logits, masks }: Readonly<Record<'logits' | 'masks', CpuView>>,
  { VOCAB, LOGIT_STRIDE }: Constants<'VOCAB' | 'LOGIT_STRIDE'>,
  [, , outputs]: Grid,
): void {
  const words = maskWords(VOCAB);
  for (let output = 0; output < outputs; output++) {
    for (let id = 0; id < VOCAB; id++) {
      const allowed = (masks.u32[output * words + (id >>> 5)]! >>> (id & 31)) & 1;
      const at = output * LOGIT_STRIDE + id;
      if (allowed === 0 && Number.isFinite(logits.f32[at])) logits.f32[at] = LOWEST_LOGIT;
    }
  }
}
