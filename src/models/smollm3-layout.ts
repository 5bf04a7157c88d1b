/** What a SmolLM3 checkpoint is; the forward is smollm3.ts. */
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
import { boolean, choices, configObject, mustBe, positiveInteger, positiveIntegerOrNull } from './config';
import type { ModelLayout } from './page';
import { readRope } from './rope';
import type { Rope } from './rope';
import { rotationTable } from './rotary';

export interface SmolLm3Config extends DecoderConfig {
  rope: Rope;
  /** Layers whose queries and keys are rotated; the others know positions only through those. */
  rotated: readonly boolean[];
  windows: readonly (number | null)[];
}

export const smolLm3Layout: ModelLayout<SmolLm3Config> = {
  readConfig(input) {
    const json = configObject(input);
    mustBe(json, 'hidden_act', [null, 'silu']);
    mustBe(json, 'attention_bias', [null, false]);
    mustBe(json, 'mlp_bias', [null, false]);
    const defaults = { max_position_embeddings: 32_768, rms_norm_eps: 1e-6, tie_word_embeddings: true };
    const config = readDecoder(json, defaults);
    const { num_hidden_layers: layers } = config;
    const interval = positiveInteger(json, 'no_rope_layer_interval', 4);
    const listed = choices(json, 'no_rope_layers', layers, [0, 1]); // 1 where there is rope, despite the name
    const rotated = Array.from({ length: layers }, (_, layer) =>
      listed ? listed[layer] === 1 : (layer + 1) % interval !== 0,
    );
    const window = boolean(json, 'use_sliding_window', false)
      ? positiveIntegerOrNull(json, 'sliding_window', null)
      : null;
    return {
      ...config,
      rope: readRope(json, config.head_dim, config.max_position_embeddings, 2_000_000),
      rotated,
      windows: readWindows(json, layers, window, (layer) => !rotated[layer]),
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
