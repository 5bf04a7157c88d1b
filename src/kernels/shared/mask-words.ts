import { divideUp } from '../../lib/shapes';

/** Words of an output in `masks`: a bit for each token, the lowest first, set where a grammar allows it. */
export function maskWords(vocabSize: number): number {
  return divideUp(vocabSize, 32);
}
