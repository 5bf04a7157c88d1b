/**
 * Recording how rows of logits become tokens: log-probabilities looked up before anything changes the logits, penalties
 * and bias, what grammars forbid, the filters, the draw. Greedy and drawn rows share a batch; each kernel asks the row's slot.
 */
import type { DeviceBuffer } from '../gpu/backend';
import type { Grid } from '../gpu/kernel';
import type { Recorder } from '../gpu/recorder';
import { report, survey } from './logprobs/logprobs';
import { mask, maskGrid } from './mask/mask';
import { penalize } from './penalize/penalize';
import { bins, candidates, choose, cut, greedy, largest, race } from './sample/sample';
import type { SamplingScratch } from './sampling-scratch';
import { tilesOf } from './shared/tile';

export interface SamplingShape {
  /** Outputs of this batch. */
  readonly outputs: number;
  readonly vocabSize: number;
  /** Numbers in a row of logits: a multiple of 32, at least `vocabSize`. */
  readonly logitStride: number;
  /** Positions of a slot in `tokens`. */
  readonly tokensStride: number;
  /** Every slot wants the likeliest token and nothing else; the head gave ranks, of which a row has `rankStride`. */
  readonly greedy: boolean;
  readonly rankStride: number;
  /** Some slot has a repetition, frequency or presence penalty, or a bias. */
  readonly penalties: boolean;
  /** Some slot is under a grammar. */
  readonly masked: boolean;
  /** Some slot has top-k or top-p. */
  readonly filters: boolean;
  /** Some slot asks for log-probabilities. */
  readonly logprobs: boolean;
}

export interface SamplingBuffers {
  readonly logits: DeviceBuffer; // [outputs][logitStride] f32; changed where there are penalties or masks
  readonly ranks: DeviceBuffer; // [outputs][rankStride] (key, id), in place of the logits where the shape is greedy
  readonly rows: DeviceBuffer; // [rows] token, position, slot, place
  readonly picked: DeviceBuffer; // [outputs] index into rows
  readonly slots: DeviceBuffer; // [slots][SLOT_WORDS]
  readonly tokens: DeviceBuffer; // [slots][tokensStride] ids by position, drafted ones beyond the length
  readonly counts: DeviceBuffer; // [slots][vocabSize] IN_PROMPT | occurrences in the answer
  readonly biases: DeviceBuffer; // [slots][MAX_BIASES] id, f32 bits
  readonly masks: DeviceBuffer; // [outputs][maskWords] a bit for each token that may be drawn
  readonly chosen: DeviceBuffer; // [outputs] ids, NO_TOKEN for dead rows, BAD_LOGIT where a logit is not finite
  readonly logprobs: DeviceBuffer; // [outputs][LOGPROB_WORDS]
  readonly scratch: Readonly<Record<SamplingScratch, DeviceBuffer>>;
}

/**
 * Records `chosen` from `logits`: three dispatches, and where some slot asks for it one for penalties, one for masks, three for filters,
 * two for log-probabilities. Where all are greedy, a single one from `ranks`.
 */
export function recordSampling(recorder: Recorder, buffers: SamplingBuffers, shape: SamplingShape): void {
  const { outputs, vocabSize, logitStride, tokensStride } = shape;
  const all = { ...buffers, ...buffers.scratch };
  const constants = { VOCAB: vocabSize, LOGIT_STRIDE: logitStride };
  const tiled: Grid = [tilesOf(vocabSize), 1, outputs];
  const perOutput: Grid = [1, 1, outputs];
  if (shape.greedy) {
    recorder.call('sample.greedy', greedy, all, { ...constants, RANK_STRIDE: shape.rankStride }, perOutput);
    return;
  }
  if (shape.logprobs) recorder.call('logprobs.survey', survey, all, constants, tiled);
  if (shape.penalties) recorder.call('penalize', penalize, all, { ...constants, TOKENS_STRIDE: tokensStride }, tiled);
  if (shape.masked) recorder.call('mask', mask, all, constants, maskGrid(vocabSize, outputs));
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
