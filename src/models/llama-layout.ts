/**
 * What a Llama checkpoint is: its config, its weights by name, and the sizes that follow. Who plans or stores a model needs
 * this and no kernel; the forward is llama.ts.
 */
import { MAX_HEAD_DIM } from '../kernels/shared/kv-pool';
import { HearthError } from '../lib/errors';
import { roundUp } from '../lib/shapes';
import { CHUNK } from '../quant/format';
import type { WeightSpec } from '../weights/spec';
import { boolean, configObject, mustBe, positiveInteger, positiveNumber } from './config';
import type { ModelLayout } from './page';
import { rotationTable } from './rotary';

/** Names as config.json spells them. */
export interface LlamaConfig {
  vocab_size: number;
  hidden_size: number;
  intermediate_size: number;
  num_hidden_layers: number;
  num_attention_heads: number;
  num_key_value_heads: number;
  head_dim: number;
  max_position_embeddings: number;
  rms_norm_eps: number;
  rope_theta: number;
  tie_word_embeddings: boolean;
}

function readConfig(input: unknown): LlamaConfig {
  const json = configObject(input);
  mustBe(json, 'hidden_act', [null, 'silu']);
  mustBe(json, 'rope_scaling', [null]);
  mustBe(json, 'attention_bias', [null, false]);
  mustBe(json, 'mlp_bias', [null, false]);
  const heads = positiveInteger(json, 'num_attention_heads');
  const config: LlamaConfig = {
    vocab_size: positiveInteger(json, 'vocab_size'),
    hidden_size: positiveInteger(json, 'hidden_size'),
    intermediate_size: positiveInteger(json, 'intermediate_size'),
    num_hidden_layers: positiveInteger(json, 'num_hidden_layers'),
    num_attention_heads: heads,
    num_key_value_heads: positiveInteger(json, 'num_key_value_heads', heads),
    head_dim: positiveInteger(json, 'head_dim', positiveInteger(json, 'hidden_size') / heads),
    max_position_embeddings: positiveInteger(json, 'max_position_embeddings', 2048),
    rms_norm_eps: positiveNumber(json, 'rms_norm_eps', 1e-6),
    rope_theta: positiveNumber(json, 'rope_theta', 10_000),
    tie_word_embeddings: boolean(json, 'tie_word_embeddings', false),
  };
  if (heads % config.num_key_value_heads !== 0) {
    throw new HearthError(
      'bad-file',
      `config.json has ${heads} attention heads and ${config.num_key_value_heads} key-value heads; expected a multiple.`,
    );
  }
  if (config.head_dim % 8 !== 0 || config.head_dim > MAX_HEAD_DIM) {
    throw new HearthError(
      'unsupported-model',
      `config.json has head_dim = ${config.head_dim}; expected a multiple of 8 up to ${MAX_HEAD_DIM}.`,
    );
  }
  return config;
}

function weights(config: LlamaConfig): WeightSpec[] {
  const { hidden_size: hidden, intermediate_size: ffn, head_dim, vocab_size } = config;
  const queries = config.num_attention_heads * head_dim;
  const keys = config.num_key_value_heads * head_dim;
  const specs: WeightSpec[] = [
    { name: 'embedding', parts: [part('model.embed_tokens', vocab_size)], width: hidden, role: 'embedding' },
    { name: 'norm', parts: [part('model.norm', 1)], width: hidden, role: 'vector' },
  ];
  for (let layer = 0; layer < config.num_hidden_layers; layer++) {
    const from = `model.layers.${layer}`;
    const attn = `${from}.self_attn`;
    const qkv = [part(`${attn}.q_proj`, queries), part(`${attn}.k_proj`, keys), part(`${attn}.v_proj`, keys)];
    const gateUp = [part(`${from}.mlp.gate_proj`, ffn), part(`${from}.mlp.up_proj`, ffn)];
    const name = `layers.${layer}`;
    specs.push(
      { name: `${name}.attention_norm`, parts: [part(`${from}.input_layernorm`, 1)], width: hidden, role: 'vector' },
      { name: `${name}.qkv`, parts: qkv, width: hidden, role: 'attention' },
      { name: `${name}.o`, parts: [part(`${attn}.o_proj`, hidden)], width: queries, role: 'attention' },
      { name: `${name}.ffn_norm`, parts: [part(`${from}.post_attention_layernorm`, 1)], width: hidden, role: 'vector' },
      { name: `${name}.gate_up`, parts: gateUp, width: hidden, role: 'feed-forward', gated: true },
      { name: `${name}.down`, parts: [part(`${from}.mlp.down_proj`, hidden)], width: ffn, role: 'feed-forward' },
    );
  }
  if (!config.tie_word_embeddings) {
    specs.push({ name: 'head', parts: [part('lm_head', vocab_size)], width: hidden, role: 'head' });
  }
  return specs;
}

function part(source: string, rows: number): WeightSpec['parts'][number] {
  return { source: `${source}.weight`, rows };
}

/** Row strides of the activation buffers: every input of a product is a whole number of chunks. */
function activations(config: LlamaConfig): Record<string, number> {
  const { num_attention_heads: heads, num_key_value_heads: kvHeads, head_dim, hidden_size: hidden } = config;
  return {
    residual: roundUp(hidden, CHUNK),
    normed: roundUp(hidden, CHUNK),
    qkv: roundUp((heads + 2 * kvHeads) * head_dim, CHUNK),
    attended: roundUp(heads * head_dim, CHUNK),
    gated: roundUp(config.intermediate_size, CHUNK),
    picked: roundUp(hidden, CHUNK),
    pickedNormed: roundUp(hidden, CHUNK),
    logits: roundUp(config.vocab_size, CHUNK),
  };
}

export const llamaLayout: ModelLayout<LlamaConfig> = {
  readConfig,
  shape: (config) => ({
    vocabSize: config.vocab_size,
    maxContext: config.max_position_embeddings,
    layers: config.num_hidden_layers,
    kvHeads: config.num_key_value_heads,
    headDim: config.head_dim,
  }),
  weights,
  activations,
  rotations: (config, positions) => rotationTable(config.head_dim, config.rope_theta, positions),
};
