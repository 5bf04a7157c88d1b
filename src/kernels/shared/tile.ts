/** How the kernels of sampling share out a vocabulary; tile.wgsl says the same to shaders. */
import { divideUp } from '../../lib/shapes';

/** Consecutive ids of one workgroup. */
export const TILE = 4096;

/** Workgroups that a vocabulary takes. */
export function tilesOf(vocabSize: number): number {
  return divideUp(vocabSize, TILE);
}
