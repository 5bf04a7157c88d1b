/** What a Gemma 2 checkpoint is; the forward is gemma2.ts. */
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
import { configObject, mustBe, positiveIntegerOrNull, positiveNumber, positiveNumberOrNull } from './config';
import type { ModelLayout } from './page';
import { readRope } from './rope';
import type { Rope } from './rope';
import { rotationTable } from './rotary';

export interface Gemma2Config extends DecoderConfig {
  query_pre_attn_scalar: number;
  attn_logit_softcapping: number | null;
  final_logit_softcapping: number | null;
  rope: Rope;
  windows: readonly (number | null)[];
}

/** Norms multiply with 1 + their weight. */
const NORM_PLUS = 1;

export const gemma2Layout: ModelLayout<Gemma2Config> = {
  readConfig(input) {
    const json = configObject(input);
    // `hidden_act` stands beside it in old files and counts for nothing.
    mustBe(json, 'hidden_activation', [null, 'gelu_pytorch_tanh']);
    mustBe(json, 'attention_bias', [null, false]);
    mustBe(json, 'use_bidirectional_attention', [null, false]);
    const config = readDecoder(json, {
      head_dim: 256,
      max_position_embeddings: 8192,
      rms_norm_eps: 1e-6,
      tie_word_embeddings: true,
    });
    const window = positiveIntegerOrNull(json, 'sliding_window', 4096);
    return {
      ...config,
      query_pre_attn_scalar: positiveNumber(json, 'query_pre_attn_scalar', 256),
      attn_logit_softcapping: positiveNumberOrNull(json, 'attn_logit_softcapping', 50),
      final_logit_softcapping: positiveNumberOrNull(json, 'final_logit_softcapping', 30),
      rope: readRope(json, config.head_dim, config.max_position_embeddings, 10_000),
      windows: readWindows(json, config.num_hidden_layers, window, (layer) => layer % 2 === 0),
    };
  },
  shape: decoderShape,
  weights: (config) => {
    const { hidden_size: hidden } = config;
    return decoderWeights(
      config,
      (name) => [
        norm(`${name.ours}.attention_norm`, `${name.theirs}.input_layernorm`, hidden, NORM_PLUS),
        ...attentionWeights(config, name),
        norm(`${name.ours}.attended_norm`, `${name.theirs}.post_attention_layernorm`, hidden, NORM_PLUS),
        norm(`${name.ours}.ffn_norm`, `${name.theirs}.pre_feedforward_layernorm`, hidden, NORM_PLUS),
        ...feedForwardWeights(config, name),
        norm(`${name.ours}.fed_norm`, `${name.theirs}.post_feedforward_layernorm`, hidden, NORM_PLUS),
      ],
      { normPlus: NORM_PLUS },
    );
  },
  activations: (config) => ({ ...decoderActivations(config), branch: decoderActivations(config).residual }),
  rotations: ({ rope }, positions) => ({ all: rotationTable(rope, positions) }),
};
