import type { Grid } from '../../gpu/kernel';
import { divideUp } from '../../lib/shapes';

export const WORKGROUP = 32;

/** Of `quantizeRows`, apart from it because who records it does not fetch it (integer-kernels.ts). */
export function quantizeRowsGrid(chunks: number, rows: number): Grid {
  return [divideUp(chunks, WORKGROUP), 1, rows];
}
