/** How much there is to multiply in a product: what a long step is cut by (gpu/pace.ts). */
import type { Constants, Grid } from '../../gpu/kernel';
import { CHUNK } from '../../quant/format';

/** Multiplications of a grid's teams. */
export function multiplications(
  constants: Constants<'WORKGROUP' | 'LANES' | 'OUTPUTS_PER_THREAD' | 'ROWS_PER_THREAD' | 'CHUNKS'>,
  [x, y, z]: Grid,
): number {
  const { WORKGROUP, LANES, OUTPUTS_PER_THREAD, ROWS_PER_THREAD, CHUNKS } = constants;
  return x * y * z * (WORKGROUP / LANES) * OUTPUTS_PER_THREAD * ROWS_PER_THREAD * CHUNK * CHUNKS;
}
