import type { Constants, CpuView } from '../../gpu/kernel';
import { DEAD_ROW } from '../shared/slot-state';

/** Twin of propose.wgsl. */
export function proposeOnCpu(
  { rows, picked, chosen, tokens }: Readonly<Record<'rows' | 'picked' | 'chosen' | 'tokens', CpuView>>,
  { OUTPUTS, TOKENS_STRIDE }: Constants<'OUTPUTS' | 'TOKENS_STRIDE'>,
): void {
  for (let i = 0; i < OUTPUTS; i++) {
    const at = 4 * picked.u32[i]!;
    if (rows.u32[at + 3] === DEAD_ROW) continue;
    tokens.u32[rows.u32[at + 2]! * TOKENS_STRIDE + rows.u32[at + 1]! + 1] = chosen.u32[i]!;
  }
}
