/**
 * Recording how rows of logits become tokens: log-probabilities looked up before anything changes the logits, penalties
 * and bias, the filters, the draw. Greedy and drawn rows share a batch; each kernel asks the row's slot.
 */
import type { DeviceBuffer } from '../gpu/backend';
import type { Grid } from '../gpu/kernel';
import type { Recorder } from '../gpu/recorder';
import { report, survey } from './logprobs/logprobs';
import { penalize } from './penalize/penalize';
import { BINS } from './sample/bins';
import { bins, candidates, choose, cut, largest, race } from './sample/sample';
import { MAX_ALTERNATIVES } from './shared/slot-state';
import { tilesOf } from './shared/tile';

export interface SamplingShape {
  /** Outputs of this batch. */
  readonly outputs: number;
  readonly vocabSize: number;
  /** Numbers in a row of logits: a multiple of 32, at least `vocabSize`. */
  readonly logitStride: number;
  /** Positions of a slot in `tokens`. */
  readonly tokensStride: number;
  /** Some slot has a repetition, frequency or presence penalty, or a bias. */
  readonly penalties: boolean;
  /** Some slot has top-k or top-p. */
  readonly filters: boolean;
  /** Some slot asks for log-probabilities. */
  readonly logprobs: boolean;
}

export interface SamplingBuffers {
  readonly logits: DeviceBuffer; // [outputs][logitStride] f32; changed where there are penalties
  readonly rows: DeviceBuffer; // [rows] token, position, slot, dead
  readonly picked: DeviceBuffer; // [outputs] index into rows
  readonly slots: DeviceBuffer; // [slots][SLOT_WORDS]
  readonly tokens: DeviceBuffer; // [slots][tokensStride] ids by position, drafted ones beyond the length
  readonly counts: DeviceBuffer; // [slots][vocabSize] IN_PROMPT | occurrences in the answer
  readonly biases: DeviceBuffer; // [slots][MAX_BIASES] id, f32 bits
  readonly chosen: DeviceBuffer; // [outputs] ids, NO_TOKEN for dead rows, BAD_LOGIT where a logit is not finite
  readonly logprobs: DeviceBuffer; // [outputs][LOGPROB_WORDS]
  readonly scratch: Readonly<Record<SamplingScratch, DeviceBuffer>>;
}

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

/**
 * Records `chosen` from `logits`: three dispatches, and where some slot asks for it one for penalties, three for filters,
 * two for log-probabilities.
 */
export function recordSampling(recorder: Recorder, buffers: SamplingBuffers, shape: SamplingShape): void {
  const { outputs, vocabSize, logitStride, tokensStride } = shape;
  const all = { ...buffers, ...buffers.scratch };
  const constants = { VOCAB: vocabSize, LOGIT_STRIDE: logitStride };
  const tiled: Grid = [tilesOf(vocabSize), 1, outputs];
  const perOutput: Grid = [1, 1, outputs];
  if (shape.logprobs) recorder.call('logprobs.survey', survey, all, constants, tiled);
  if (shape.penalties) recorder.call('penalize', penalize, all, { ...constants, TOKENS_STRIDE: tokensStride }, tiled);
  recorder.call('sample.largest', largest, all, constants, tiled);
  if (shape.filters) {
    recorder.call('sample.bins', bins, all, constants, tiled);
    recorder.call('sample.candidates', candidates, all, constants, tiled);
    recorder.call('sample.cut', cut, all, constants, perOutput);
  }
  recorder.call('sample.race', race, all, constants, tiled);
  recorder.call('sample.choose', choose, all, constants, perOutput);
  if (shape.logprobs) recorder.call('logprobs.report', report, all, constants, perOutput);
}
