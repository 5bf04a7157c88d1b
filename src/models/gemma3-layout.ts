/**
 * What a Gemma 3 checkpoint is, as a text model or as the text half of a multimodal one; the forward is gemma3.ts.
 */
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
import {
  complaint,
  configObject,
  mustBe,
  objectOrNull,
  positiveInteger,
  positiveNumber,
  positiveNumberOrNull,
} from './config';
import type { ModelLayout } from './page';
import { readRope } from './rope';
import type { Rope } from './rope';
import { rotationTable } from './rotary';

export interface Gemma3Config extends DecoderConfig {
  query_pre_attn_scalar: number;
  attn_logit_softcapping: number | null;
  final_logit_softcapping: number | null;
  /** Of the layers that see everything, and of those with a window. */
  globalRope: Rope;
  localRope: Rope;
  windows: readonly (number | null)[];
  /** Before the names of the checkpoint's tensors. */
  prefix: string;
}

/** Norms multiply with 1 + their weight. */
const NORM_PLUS = 1;

/** Multimodal checkpoints leave out whatever equals these. */
const DEFAULTS = {
  vocab_size: 262_208,
  hidden_size: 2304,
  intermediate_size: 9216,
  num_hidden_layers: 26,
  num_attention_heads: 8,
  num_key_value_heads: 4,
  head_dim: 256,
  max_position_embeddings: 131_072,
  rms_norm_eps: 1e-6,
  tie_word_embeddings: true,
};

export const gemma3Layout: ModelLayout<Gemma3Config> = {
  readConfig(input) {
    const outer = configObject(input);
    const isMultimodal = outer['model_type'] === 'gemma3';
    const json = isMultimodal ? objectOrNull(outer, 'text_config') : outer;
    if (!json) throw complaint('text_config', undefined, 'an object');
    // `hidden_act` stands beside it in old files and counts for nothing.
    mustBe(json, 'hidden_activation', [null, 'gelu_pytorch_tanh']);
    mustBe(json, 'attention_bias', [null, false]);
    mustBe(json, 'use_bidirectional_attention', [null, false]);
    mustBe(outer, 'quantization_config', [null]);
    const config = readDecoder(json, DEFAULTS);
    const { head_dim: headDim, max_position_embeddings: maxContext } = config;
    const isByType = objectOrNull(json, 'rope_parameters') !== null;
    const localTheta = positiveNumber(json, 'rope_local_base_freq', 10_000);
    const pattern = positiveInteger(json, 'sliding_window_pattern', 6);
    const window = positiveInteger(json, 'sliding_window', 4096);
    return {
      ...config,
      query_pre_attn_scalar: positiveNumber(json, 'query_pre_attn_scalar', 256),
      attn_logit_softcapping: positiveNumberOrNull(json, 'attn_logit_softcapping', null),
      final_logit_softcapping: positiveNumberOrNull(json, 'final_logit_softcapping', null),
      globalRope: readRope(json, headDim, maxContext, 1_000_000, 'full_attention'),
      // `rope_theta` and `rope_scaling` belong to the global layers.
      localRope: isByType
        ? readRope({ rope_parameters: json['rope_parameters'] }, headDim, maxContext, localTheta, 'sliding_attention')
        : { theta: localTheta, rotaryDim: headDim, scaling: null },
      windows: readWindows(json, config.num_hidden_layers, window, (layer) => (layer + 1) % pattern !== 0),
      prefix: isMultimodal ? 'language_model.' : '',
    };
  },
  shape: decoderShape,
  weights: (config) => {
    const { hidden_size: hidden, prefix } = config;
    return decoderWeights(
      config,
      (name) => [
        norm(`${name.ours}.attention_norm`, `${name.theirs}.input_layernorm`, hidden, NORM_PLUS),
        ...attentionWeights(config, name),
        headNorms(config, name, NORM_PLUS),
        norm(`${name.ours}.attended_norm`, `${name.theirs}.post_attention_layernorm`, hidden, NORM_PLUS),
        norm(`${name.ours}.ffn_norm`, `${name.theirs}.pre_feedforward_layernorm`, hidden, NORM_PLUS),
        ...feedForwardWeights(config, name),
        norm(`${name.ours}.fed_norm`, `${name.theirs}.post_feedforward_layernorm`, hidden, NORM_PLUS),
      ],
      { prefix, normPlus: NORM_PLUS },
    );
  },
  activations: (config) => ({ ...decoderActivations(config), branch: decoderActivations(config).residual }),
  rotations: ({ globalRope, localRope }, positions) => ({
    global: rotationTable(globalRope, positions),
    local: rotationTable(localRope, positions),
  }),
};
