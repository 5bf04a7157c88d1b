/**
 * Llama (Touvron et al. 2023; Hugging Face `LlamaForCausalLM`): pre-norm blocks of grouped-query attention with rotary
 * positions and a SwiGLU feed-forward, no biases. Eight dispatches a layer.
 */
import type { DeviceBuffer } from '../gpu/backend';
import { attention, MAX_HEAD_DIM } from '../kernels/attention/attention';
import { embed } from '../kernels/embed/embed';
import { gatherRows } from '../kernels/gather-rows/gather-rows';
import { recordProduct } from '../kernels/product';
import { rmsNorm } from '../kernels/rms-norm/rms-norm';
import { rotaryAppend, rotaryAppendGrid } from '../kernels/rotary-append/rotary-append';
import type { Epilogue } from '../kernels/shared/epilogue';
import { KV_FORMATS } from '../kernels/shared/kv-pool';
import { packedConstants } from '../kernels/shared/packed';
import { HearthError } from '../lib/errors';
import { present } from '../lib/invariant';
import { divideUp, roundUp } from '../lib/shapes';
import { CHUNK } from '../quant/format';
import type { WeightSpec } from '../weights/spec';
import { boolean, configObject, mustBe, positiveInteger, positiveNumber } from './config';
import type { ForwardPass, ModelPage } from './page';
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

function forward(config: LlamaConfig, pass: ForwardPass): void {
  const { recorder, weights: w, inputs, pools, rowCount, outputCount, lanes } = pass;
  const { residual, normed, qkv, attended, gated, picked, pickedNormed, logits } = activationsOf(pass);
  const strides = activations(config) as Record<keyof ReturnType<typeof activationsOf>, number>;
  const { num_attention_heads: heads, num_key_value_heads: kvHeads, head_dim: headDim } = config;
  const { rows, tables, rotations } = inputs;
  const norm = { STRIDE: strides.residual / 4, WIDTH: config.hidden_size, EPSILON: config.rms_norm_eps };
  const pool = {
    KV_HEADS: kvHeads,
    HEAD_DIM: headDim,
    KV_FORMAT: KV_FORMATS.indexOf(pass.kvFormat),
    TABLE_STRIDE: pass.tableStride,
  };
  const project = (
    name: string,
    x: DeviceBuffer,
    y: DeviceBuffer,
    yStride: number,
    epilogue: keyof typeof Epilogue = 'store',
    count = rowCount,
  ) => recordProduct(recorder, name, { x, matrix: w.matrix(name), y, yStride, rows: count, lanes, epilogue });

  const table = w.matrix('embedding');
  for (const { firstOutput, outputs, codes, scales } of table.parts) {
    const constants = {
      ...packedConstants(table.format, table.width),
      WIDTH: table.width,
      FIRST_ROW: firstOutput,
      PART_ROWS: outputs,
    };
    const grid = [divideUp(constants.CHUNKS, 64), 1, rowCount] as const;
    recorder.call('embedding', embed, { rows, codes, scales, y: residual }, constants, grid);
  }

  for (let layer = 0; layer < config.num_hidden_layers; layer++) {
    const name = `layers.${layer}`;
    const { keys, values } = present(pools[layer], `KV pool of layer ${layer}`);

    const attentionNorm = w.vector(`${name}.attention_norm`);
    recorder.call(`${name}.attention_norm`, rmsNorm, { x: residual, weight: attentionNorm, y: normed }, norm, [
      1,
      1,
      rowCount,
    ]);
    project(`${name}.qkv`, normed, qkv, strides.qkv);
    recorder.call(
      `${name}.rotary`,
      rotaryAppend,
      { qkv, rows, tables, rotations, keys, values },
      { ...pool, Q_HEADS: heads, QKV_STRIDE: strides.qkv },
      rotaryAppendGrid(heads + 2 * kvHeads, headDim, rowCount),
    );
    recorder.call(
      `${name}.attention`,
      attention,
      { qkv, rows, tables, keys, values, y: attended },
      { ...pool, Q_HEADS: heads, QKV_STRIDE: strides.qkv, Y_STRIDE: strides.attended, SCALE: headDim ** -0.5 },
      [heads, 1, rowCount],
    );
    project(`${name}.o`, attended, residual, strides.residual, 'add');

    const ffnNorm = w.vector(`${name}.ffn_norm`);
    recorder.call(`${name}.ffn_norm`, rmsNorm, { x: residual, weight: ffnNorm, y: normed }, norm, [1, 1, rowCount]);
    project(`${name}.gate_up`, normed, gated, strides.gated, 'swiglu');
    project(`${name}.down`, gated, residual, strides.residual, 'add');
  }

  if (outputCount === 0) return;
  const gather = [divideUp(norm.STRIDE, 64), 1, outputCount] as const;
  recorder.call(
    'picked',
    gatherRows,
    { x: residual, picked: inputs.picked, y: picked },
    { STRIDE: norm.STRIDE },
    gather,
  );
  recorder.call('norm', rmsNorm, { x: picked, weight: w.vector('norm'), y: pickedNormed }, norm, [1, 1, outputCount]);
  project(
    config.tie_word_embeddings ? 'embedding' : 'head',
    pickedNormed,
    logits,
    strides.logits,
    'store',
    outputCount,
  );
}

function activationsOf({ activations: buffers }: ForwardPass) {
  const of = (name: string): DeviceBuffer => present(buffers[name], `activation ${name}`);
  return {
    residual: of('residual'),
    normed: of('normed'),
    qkv: of('qkv'),
    attended: of('attended'),
    gated: of('gated'),
    picked: of('picked'),
    pickedNormed: of('pickedNormed'),
    logits: of('logits'),
  };
}

export const llama: ModelPage<LlamaConfig> = {
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
  forward,
};
