/** What a Phi-3, Phi-3.5 or Phi-4-mini checkpoint is; the forward is phi3.ts. */
import { readDecoder, readWindows } from './blocks/decoder-config';
import type { DecoderConfig } from './blocks/decoder-config';
import { decoderActivations, decoderShape, decoderWeights, matrix, norm, part } from './blocks/decoder-layout';
import { configObject, mustBe, positiveIntegerOrNull } from './config';
import type { ModelLayout } from './page';
import { readRope } from './rope';
import type { Rope } from './rope';
import { rotationTable } from './rotary';

export interface Phi3Config extends DecoderConfig {
  rope: Rope;
  windows: readonly (number | null)[];
}

export const phi3Layout: ModelLayout<Phi3Config> = {
  readConfig(input) {
    const json = configObject(input);
    mustBe(json, 'hidden_act', [null, 'silu']);
    mustBe(json, 'attention_bias', [null, false]);
    const defaults = { max_position_embeddings: 4096, rms_norm_eps: 1e-5, tie_word_embeddings: false };
    const config = readDecoder(json, defaults);
    const window = positiveIntegerOrNull(json, 'sliding_window', null);
    return {
      ...config,
      rope: readRope(json, config.head_dim, config.max_position_embeddings, 10_000),
      windows: readWindows(json, config.num_hidden_layers, window, () => true),
    };
  },
  shape: decoderShape,
  weights: (config) => {
    const { hidden_size: hidden, intermediate_size: ffn, head_dim: headDim } = config;
    const queries = config.num_attention_heads * headDim;
    const qkv = queries + 2 * config.num_key_value_heads * headDim;
    return decoderWeights(config, ({ ours, theirs }) => [
      norm(`${ours}.attention_norm`, `${theirs}.input_layernorm`, hidden),
      // The checkpoint joins queries, keys and values, and gates and ups, as we do.
      matrix(`${ours}.qkv`, 'attention', hidden, part(`${theirs}.self_attn.qkv_proj`, qkv)),
      matrix(`${ours}.o`, 'attention', queries, part(`${theirs}.self_attn.o_proj`, hidden)),
      norm(`${ours}.ffn_norm`, `${theirs}.post_attention_layernorm`, hidden),
      {
        ...matrix(`${ours}.gate_up`, 'feed-forward', hidden, part(`${theirs}.mlp.gate_up_proj`, 2 * ffn)),
        gated: true,
      },
      matrix(`${ours}.down`, 'feed-forward', ffn, part(`${theirs}.mlp.down_proj`, hidden)),
    ]);
  },
  activations: decoderActivations,
  rotations: ({ rope }, positions) => ({ all: rotationTable(rope, positions) }),
};
