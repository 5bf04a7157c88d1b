/** What a Qwen3 checkpoint is; the forward is qwen3.ts. */
import { readDecoder, readWindows } from './blocks/decoder-config';
import type { DecoderConfig } from './blocks/decoder-config';
import {
  attentionWeights,
  decoderActivations,
  decoderShape,
  decoderWeights,
  feedForwardWeights,
  headNorms,
  norm,
} from './blocks/decoder-layout';
import { boolean, configObject, mustBe, positiveInteger, positiveIntegerOrNull } from './config';
import type { ModelLayout } from './page';
import { readRope } from './rope';
import type { Rope } from './rope';
import { rotationTable } from './rotary';

export interface Qwen3Config extends DecoderConfig {
  rope: Rope;
  windows: readonly (number | null)[];
}

export const qwen3Layout: ModelLayout<Qwen3Config> = {
  readConfig(input) {
    const json = configObject(input);
    mustBe(json, 'hidden_act', [null, 'silu']);
    mustBe(json, 'attention_bias', [null, false]);
    const defaults = {
      head_dim: 128, // whatever hidden_size and the number of heads are
      max_position_embeddings: 32_768,
      rms_norm_eps: 1e-6,
      tie_word_embeddings: false,
    };
    const config = readDecoder(json, defaults);
    const window = boolean(json, 'use_sliding_window', false)
      ? positiveIntegerOrNull(json, 'sliding_window', 4096)
      : null;
    const unwindowed = window === null ? 0 : positiveInteger(json, 'max_window_layers', 28);
    return {
      ...config,
      rope: readRope(json, config.head_dim, config.max_position_embeddings, 10_000),
      windows: readWindows(json, config.num_hidden_layers, window, (layer) => layer >= unwindowed),
    };
  },
  shape: decoderShape,
  weights: (config) =>
    decoderWeights(config, (name) => [
      norm(`${name.ours}.attention_norm`, `${name.theirs}.input_layernorm`, config.hidden_size),
      ...attentionWeights(config, name),
      headNorms(config, name),
      norm(`${name.ours}.ffn_norm`, `${name.theirs}.post_attention_layernorm`, config.hidden_size),
      ...feedForwardWeights(config, name),
    ]),
  activations: decoderActivations,
  rotations: ({ rope }, positions) => ({ all: rotationTable(rope, positions) }),
};
