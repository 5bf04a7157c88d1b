/** Weights and sizes that the decoders share, in the pieces that a page's table is made of. */
import { roundUp } from '../../lib/shapes';
import { CHUNK } from '../../quant/format';
import type { WeightPart, WeightSpec } from '../../weights/spec';
import type { ModelShape } from '../page';
import type { DecoderConfig } from './decoder-config';

/** A layer's name here and in the checkpoint. */
export interface LayerName {
  ours: string;
  theirs: string;
}

/** Embedding and last norm, the layers' weights, and the head unless it is the embedding. */
export function decoderWeights(
  config: DecoderConfig,
  layerWeights: (name: LayerName, layer: number) => WeightSpec[],
  { prefix = '', normPlus }: { prefix?: string; normPlus?: number } = {},
): WeightSpec[] {
  const { vocab_size: vocabulary, hidden_size: hidden } = config;
  const specs = [
    matrix('embedding', 'embedding', hidden, part(`${prefix}model.embed_tokens`, vocabulary)),
    norm('norm', `${prefix}model.norm`, hidden, normPlus),
  ];
  for (let layer = 0; layer < config.num_hidden_layers; layer++) {
    specs.push(...layerWeights({ ours: `layers.${layer}`, theirs: `${prefix}model.layers.${layer}` }, layer));
  }
  if (!config.tie_word_embeddings) {
    specs.push(matrix('head', 'head', hidden, part(`${prefix}lm_head`, vocabulary)));
  }
  return specs;
}

/** Projections of queries, keys and values as one matrix, and the one of what attention gathered. */
export function attentionWeights(config: DecoderConfig, { ours, theirs }: LayerName): WeightSpec[] {
  const { hidden_size: hidden, head_dim: headDim } = config;
  const queries = config.num_attention_heads * headDim;
  const keys = config.num_key_value_heads * headDim;
  const from = `${theirs}.self_attn`;
  const qkv = [part(`${from}.q_proj`, queries), part(`${from}.k_proj`, keys), part(`${from}.v_proj`, keys)];
  return [
    matrix(`${ours}.qkv`, 'attention', hidden, ...qkv),
    matrix(`${ours}.o`, 'attention', queries, part(`${from}.o_proj`, hidden)),
  ];
}

/** Gates and ups as one matrix, and the projection back. */
export function feedForwardWeights(config: DecoderConfig, { ours, theirs }: LayerName): WeightSpec[] {
  const { hidden_size: hidden, intermediate_size: ffn } = config;
  const gateUp = [part(`${theirs}.mlp.gate_proj`, ffn), part(`${theirs}.mlp.up_proj`, ffn)];
  return [
    { ...matrix(`${ours}.gate_up`, 'feed-forward', hidden, ...gateUp), gated: true },
    matrix(`${ours}.down`, 'feed-forward', ffn, part(`${theirs}.mlp.down_proj`, hidden)),
  ];
}

/** Norms of single heads of queries and keys: [query, key][head_dim]. */
export function headNorms(config: DecoderConfig, { ours, theirs }: LayerName, plus?: number): WeightSpec {
  const parts = ['q_norm', 'k_norm'].map((which) => part(`${theirs}.self_attn.${which}`, 1, plus));
  return { name: `${ours}.qk_norm`, role: 'vector', width: config.head_dim, parts };
}

export function matrix(name: string, role: WeightSpec['role'], width: number, ...parts: WeightPart[]): WeightSpec {
  return { name, role, width, parts };
}

/** @param plus see WeightPart */
export function norm(name: string, source: string, width: number, plus?: number): WeightSpec {
  return { name, role: 'vector', width, parts: [part(source, 1, plus)] };
}

export function part(source: string, rows: number, plus?: number): WeightPart {
  return { source: `${source}.weight`, rows, ...(plus !== undefined && { plus }) };
}

export function decoderShape(config: DecoderConfig): ModelShape {
  return {
    vocabSize: config.vocab_size,
    maxContext: config.max_position_embeddings,
    layers: config.num_hidden_layers,
    heads: config.num_attention_heads,
    kvHeads: config.num_key_value_heads,
    headDim: config.head_dim,
  };
}

/** Row strides of the activation buffers: every input of a product is a whole number of chunks. */
export function decoderActivations(config: DecoderConfig) {
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
