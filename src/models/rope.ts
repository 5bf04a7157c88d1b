/**
 * What config.json says of rotary positions (RoPE, Su et al. 2021): the base, how many numbers of a head turn, and how the
 * frequencies are changed for contexts longer than those of pretraining. Both spellings are read: `rope_theta` with
 * `rope_scaling`, and `rope_parameters`, which holds all of it (transformers 5).
 */
import { HearthError } from '../lib/errors';
import { complaint, objectOrNull, positiveInteger, positiveNumber, positiveNumbers } from './config';
import type { ConfigJson } from './config';

export type RopeScaling =
  | { type: 'linear'; factor: number }
  | { type: 'llama3'; factor: number; lowFrequency: number; highFrequency: number; originalContext: number }
  /** `magnitude` multiplies every cosine and sine. */
  | { type: 'longrope'; short: readonly number[]; long: readonly number[]; originalContext: number; magnitude: number }
  /** A divisor for each frequency, as GGUF files carry them. */
  | { type: 'frequency-factors'; factors: readonly number[] };

export interface Rope {
  theta: number;
  /** Numbers of a head that turn, the first ones. */
  rotaryDim: number;
  scaling: RopeScaling | null;
}

/**
 * @param maxContext the checkpoint's `max_position_embeddings`
 * @param layerType which entry of a `rope_parameters` that differs by the type of layers
 * @throws HearthError `bad-file` for fields that are wrong, `unsupported-model` for a scaling that is not known.
 */
export function readRope(
  json: ConfigJson,
  headDim: number,
  maxContext: number,
  fallbackTheta: number,
  layerType?: 'full_attention' | 'sliding_attention',
): Rope {
  const isNested = objectOrNull(json, 'rope_parameters') !== null;
  const at = isNested ? ['rope_parameters', ...(layerType ? [layerType] : [])].join('.') : 'rope_scaling';
  if (isNested && objectOrNull(json, at) === null) throw complaint(at, undefined, 'an object');
  if (isNested && !layerType && objectOrNull(json, `${at}.full_attention`) !== null) {
    throw complaint(at, json['rope_parameters'], 'one object for all layers of this architecture');
  }
  const part = positiveNumber(json, `${at}.partial_rotary_factor`, positiveNumber(json, 'partial_rotary_factor', 1));
  const rotaryDim = Math.floor(headDim * part);
  if (part > 1 || rotaryDim < 2 || rotaryDim % 2 !== 0) {
    throw new HearthError(
      'bad-file',
      `config.json has partial_rotary_factor = ${part} of heads of ${headDim}; expected an even number of rotated ones.`,
    );
  }
  return {
    theta: positiveNumber(json, `${at}.rope_theta`, positiveNumber(json, 'rope_theta', fallbackTheta)),
    rotaryDim,
    scaling: objectOrNull(json, at) && readScaling(json, at, rotaryDim / 2, maxContext),
  };
}

/** @param at where the scaling's fields are // @param pairs frequencies of a head */
function readScaling(json: ConfigJson, at: string, pairs: number, maxContext: number): RopeScaling | null {
  const object = objectOrNull(json, at);
  const type = object?.['rope_type'] ?? object?.['type'] ?? 'default';
  const originalAt = `${at}.original_max_position_embeddings`;
  switch (type) {
    case 'default':
      return null;
    case 'linear':
      return { type: 'linear', factor: positiveNumber(json, `${at}.factor`) };
    case 'llama3': {
      const lowFrequency = positiveNumber(json, `${at}.low_freq_factor`);
      const highFrequency = positiveNumber(json, `${at}.high_freq_factor`);
      if (highFrequency <= lowFrequency) {
        throw complaint(`${at}.high_freq_factor`, highFrequency, `more than low_freq_factor, ${lowFrequency}`);
      }
      const originalContext = positiveInteger(json, originalAt);
      const factor = positiveNumber(json, `${at}.factor`);
      return { type: 'llama3', factor, lowFrequency, highFrequency, originalContext };
    }
    case 'longrope':
    case 'su': {
      // The published models have the original length beside the scaling; then the stretch is the ratio of the two lengths.
      const beside = json['original_max_position_embeddings'] ?? null;
      const originalContext = positiveInteger(json, beside === null ? originalAt : 'original_max_position_embeddings');
      const ratio = maxContext / originalContext;
      const stretch = beside === null ? positiveNumber(json, `${at}.factor`, ratio) : ratio;
      return {
        type: 'longrope',
        short: positiveNumbers(json, `${at}.short_factor`, pairs),
        long: positiveNumbers(json, `${at}.long_factor`, pairs),
        originalContext,
        magnitude: positiveNumber(json, `${at}.attention_factor`, longropeMagnitude(stretch, originalContext)),
      };
    }
    case 'frequency-factors':
      return { type: 'frequency-factors', factors: positiveNumbers(json, `${at}.factors`, pairs) };
    default:
      throw new HearthError(
        'unsupported-model',
        `config.json has ${at}.rope_type = ${JSON.stringify(type)}; known are: default, linear, llama3, longrope (su).`,
      );
  }
}

/** LongRoPE (Ding et al. 2024, §3.3): scores over a longer context are kept as sharp as before. */
function longropeMagnitude(stretch: number, originalContext: number): number {
  return stretch <= 1 ? 1 : Math.sqrt(1 + Math.log(stretch) / Math.log(originalContext));
}
