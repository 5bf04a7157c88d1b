/** What a Qwen2 or Qwen2.5 checkpoint is; the forward is qwen2.ts. */
import type { WeightSpec } from '../weights/spec';
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
import type { LayerName } from './blocks/decoder-layout';
import { boolean, configObject, mustBe, positiveInteger, positiveIntegerOrNull } from './config';
import type { ModelLayout } from './page';
import { readRope } from './rope';
import type { Rope } from './rope';
import { rotationTable } from './rotary';

export interface Qwen2Config extends DecoderConfig {
  rope: Rope;
  windows: readonly (number | null)[];
}

/** Biases of queries, keys and values, a row for each head. */
function biases({ head_dim, num_attention_heads, num_key_value_heads }: Qwen2Config, name: LayerName): WeightSpec {
  const bias = (which: string, rows: number) => ({ source: `${name.theirs}.self_attn.${which}_proj.bias`, rows });
  const parts = [bias('q', num_attention_heads), bias('k', num_key_value_heads), bias('v', num_key_value_heads)];
  return { name: `${name.ours}.qkv_bias`, role: 'vector', width: head_dim, parts };
}

export const qwen2Layout: ModelLayout<Qwen2Config> = {
  readConfig(input) {
    const json = configObject(input);
    mustBe(json, 'hidden_act', [null, 'silu']);
    mustBe(json, 'use_mrope', [null, false]);
    const defaults = { max_position_embeddings: 32_768, rms_norm_eps: 1e-6, tie_word_embeddings: false };
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
      biases(config, name),
      norm(`${name.ours}.ffn_norm`, `${name.theirs}.post_attention_layernorm`, config.hidden_size),
      ...feedForwardWeights(config, name),
    ]),
  activations: decoderActivations,
  rotations: ({ rope }, positions) => ({ all: rotationTable(rope, positions) }),
};
