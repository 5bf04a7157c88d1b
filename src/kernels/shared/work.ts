/** How much there is to multiply in a product: what a long step is cut by (gpu/pace.ts). */
import type { Constants, Grid } from '../../gpu/kernel';
import { CHUNK } from '../../quant/format';

/** Weight rows of a team of LANES threads. */
const TEAM_ROWS = 4;

/** Multiplications of `rows` rows of activations with the weights of a grid's teams. */
export function multiplications(
  { WORKGROUP, LANES, CHUNKS }: Constants<'WORKGROUP' | 'LANES' | 'CHUNKS'>,
  [x, y]: Grid,
  rows: number,
): number {
  return x * y * (WORKGROUP / LANES) * TEAM_ROWS * CHUNK * CHUNKS * rows;
}
