/** What a Mistral checkpoint is; the forward is mistral.ts. */
import { readDecoder, readWindows } from './blocks/decoder-config';
import type { DecoderConfig } from './blocks/decoder-config';
import {
  attentionWeights,
  decoderActivations,
  decoderShape,
  decoderWeights,
  feedForwardWeights,
  norm,
} from './blocks/decoder-layout';
import { configObject, mustBe, positiveIntegerOrNull } from './config';
import type { ModelLayout } from './page';
import { readRope } from './rope';
import type { Rope } from './rope';
import { rotationTable } from './rotary';

export interface MistralConfig extends DecoderConfig {
  rope: Rope;
  windows: readonly (number | null)[];
}

export const mistralLayout: ModelLayout<MistralConfig> = {
  readConfig(input) {
    const json = configObject(input);
    mustBe(json, 'hidden_act', [null, 'silu']);
    const defaults = { max_position_embeddings: 131_072, rms_norm_eps: 1e-6, tie_word_embeddings: false };
    const config = readDecoder(json, defaults);
    const window = positiveIntegerOrNull(json, 'sliding_window', 4096);
    return {
      ...config,
      rope: readRope(json, config.head_dim, config.max_position_embeddings, 10_000),
      windows: readWindows(json, config.num_hidden_layers, window, () => true),
    };
  },
  shape: decoderShape,
  weights: (config) =>
    decoderWeights(config, (name) => [
      norm(`${name.ours}.attention_norm`, `${name.theirs}.input_layernorm`, config.hidden_size),
      ...attentionWeights(config, name),
      norm(`${name.ours}.ffn_norm`, `${name.theirs}.post_attention_layernorm`, config.hidden_size),
      ...feedForwardWeights(config, name),
    ]),
  activations: decoderActivations,
  rotations: ({ rope }, positions) => ({ all: rotationTable(rope, positions) }),
};
