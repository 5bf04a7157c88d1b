/**
 * What a Llama checkpoint is: its config, its weights by name, and the sizes that follow. Who plans or stores a model needs
 * this and no kernel; the forward is llama.ts.
 */
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
import { configObject, mustBe } from './config';
import type { ModelLayout } from './page';
import { readRope } from './rope';
import type { Rope } from './rope';
import { rotationTable } from './rotary';

export interface LlamaConfig extends DecoderConfig {
  rope: Rope;
}

export const llamaLayout: ModelLayout<LlamaConfig> = {
  readConfig(input) {
    const json = configObject(input);
    mustBe(json, 'hidden_act', [null, 'silu']);
    mustBe(json, 'attention_bias', [null, false]);
    mustBe(json, 'mlp_bias', [null, false]);
    const defaults = { max_position_embeddings: 2048, rms_norm_eps: 1e-6, tie_word_embeddings: false };
    const config = readDecoder(json, defaults);
    return { ...config, rope: readRope(json, config.head_dim, config.max_position_embeddings, 10_000) };
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
