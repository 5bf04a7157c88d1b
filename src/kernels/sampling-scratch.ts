/** What drawing tokens needs beside the logits, in bytes: known without the kernels, so that memory can be foretold. */
import { BINS } from './sample/bins';
import { MAX_ALTERNATIVES } from './shared/slot-state';
import { tilesOf } from './shared/tile';
import type { SamplingShape } from './sampling';

export type SamplingScratch =
  'largest' | 'bins' | 'masses' | 'candidates' | 'cuts' | 'winners' | 'raw' | 'leaders' | 'sums';

/** Bytes of each scratch buffer for one output; a buffer has as many times that as there may be outputs. */
export function samplingScratch(
  shape: Pick<SamplingShape, 'vocabSize' | 'logitStride'>,
): Readonly<Record<SamplingScratch, number>> {
  const tiles = tilesOf(shape.vocabSize);
  return {
    largest: 8 * tiles,
    bins: 4 * BINS * tiles,
    masses: 4 * tiles,
    candidates: 4 * (1 + shape.logitStride),
    cuts: 8,
    winners: 8 * tiles,
    raw: 4 * shape.logitStride,
    leaders: 8 * MAX_ALTERNATIVES * tiles,
    sums: 4 * tiles,
  };
}
