/** What a Granite 3 checkpoint is; the forward is granite.ts. */
import { readDecoder } from './blocks/decoder-config';
import type { DecoderConfig } from './blocks/decoder-config';
import {
  attentionWeights,
  decoderActivations,
  decoderShape,
  decoderWeights,
  feedForwardWeights,
  norm,
} from './blocks/decoder-layout';
import { configObject, mustBe, positiveNumber } from './config';
import type { ModelLayout } from './page';
import { readRope } from './rope';
import type { Rope } from './rope';
import { rotationTable } from './rotary';

export interface GraniteConfig extends DecoderConfig {
  embedding_multiplier: number;
  residual_multiplier: number;
  attention_multiplier: number;
  logits_scaling: number;
  rope: Rope;
}

export const graniteLayout: ModelLayout<GraniteConfig> = {
  readConfig(input) {
    const json = configObject(input);
    mustBe(json, 'hidden_act', [null, 'silu']);
    mustBe(json, 'attention_bias', [null, false]);
    mustBe(json, 'mlp_bias', [null, false]);
    const defaults = { max_position_embeddings: 2048, rms_norm_eps: 1e-6, tie_word_embeddings: false };
    const config = readDecoder(json, defaults);
    return {
      ...config,
      embedding_multiplier: positiveNumber(json, 'embedding_multiplier', 1),
      residual_multiplier: positiveNumber(json, 'residual_multiplier', 1),
      attention_multiplier: positiveNumber(json, 'attention_multiplier', 1),
      logits_scaling: positiveNumber(json, 'logits_scaling', 1),
      rope: readRope(json, config.head_dim, config.max_position_embeddings, 10_000),
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
