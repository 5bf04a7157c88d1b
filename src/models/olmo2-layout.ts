/** What an OLMo 2 checkpoint is; the forward is olmo2.ts. */
import type { WeightSpec } from '../weights/spec';
import { readDecoder } from './blocks/decoder-config';
import type { DecoderConfig } from './blocks/decoder-config';
import {
  attentionWeights,
  decoderActivations,
  decoderShape,
  decoderWeights,
  feedForwardWeights,
  norm,
  part,
} from './blocks/decoder-layout';
import type { LayerName } from './blocks/decoder-layout';
import { configObject, mustBe } from './config';
import type { ModelLayout } from './page';
import { readRope } from './rope';
import type { Rope } from './rope';
import { rotationTable } from './rotary';

export interface Olmo2Config extends DecoderConfig {
  rope: Rope;
}

/** Norms over all queries and over all keys, a row for each head. */
function qkNorm({ head_dim, num_attention_heads, num_key_value_heads }: Olmo2Config, name: LayerName): WeightSpec {
  const parts = [
    part(`${name.theirs}.self_attn.q_norm`, num_attention_heads),
    part(`${name.theirs}.self_attn.k_norm`, num_key_value_heads),
  ];
  return { name: `${name.ours}.qk_norm`, role: 'vector', width: head_dim, parts };
}

export const olmo2Layout: ModelLayout<Olmo2Config> = {
  readConfig(input) {
    const json = configObject(input);
    mustBe(json, 'hidden_act', [null, 'silu']);
    mustBe(json, 'attention_bias', [null, false]);
    const defaults = { max_position_embeddings: 2048, rms_norm_eps: 1e-5, tie_word_embeddings: false };
    const config = readDecoder(json, defaults);
    return { ...config, rope: readRope(json, config.head_dim, config.max_position_embeddings, 10_000) };
  },
  shape: decoderShape,
  weights: (config) =>
    decoderWeights(config, (name) => [
      ...attentionWeights(config, name),
      qkNorm(config, name),
      norm(`${name.ours}.attended_norm`, `${name.theirs}.post_attention_layernorm`, config.hidden_size),
      ...feedForwardWeights(config, name),
      norm(`${name.ours}.fed_norm`, `${name.theirs}.post_feedforward_layernorm`, config.hidden_size),
    ]),
  activations: (config) => {
    const { normed: branch, ...others } = decoderActivations(config);
    return { ...others, branch };
  },
  rotations: ({ rope }, positions) => ({ all: rotationTable(rope, positions) }),
};
