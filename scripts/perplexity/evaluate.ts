/**
 * Perplexity in plain f64 loops: LlamaForCausalLM written down a second time, sharing nothing with the engine, so that
 * it can judge what quantising does to a model and what the engine makes of it.
 */
import { invariant, present } from '../../src/lib/invariant';
import type { LlamaConfig } from '../../src/models/llama-layout';

/** Ids with a meaning in the template of the bundled models: replies run from after ASSISTANT up to and with END. */
const END = 0;
const ASSISTANT = 2;

export interface Perplexity {
  allTokens: number;
  replyTokens: number;
}

/** What becomes of the numbers of one key or value head before attention reads them, in place. */
export type Storing = (head: Float64Array) => void;

/** What becomes of the rows that a layer's products read, in place. */
export type Reading = (rows: Float64Array, width: number) => void;

/** exp of the mean negative log-likelihood of every token but the first of each conversation, and of reply tokens. */
export function evaluate(
  config: LlamaConfig,
  tensors: ReadonlyMap<string, Float32Array>,
  conversations: readonly number[][],
  store: Storing = () => {},
  read: Reading = () => {},
): Perplexity {
  const matrices = new Map([...tensors].map(([name, values]) => [name, Float64Array.from(values)]));
  const all = { loss: 0, tokens: 0 };
  const reply = { loss: 0, tokens: 0 };
  for (const ids of conversations) {
    const weight = (name: string): Float64Array => present(matrices.get(name), name);
    const logits = forward(config, weight, ids.slice(0, -1), store, read); // [positions][vocab]
    let inReply = false;
    for (let t = 0; t + 1 < ids.length; t++) {
      if (ids[t] === ASSISTANT) inReply = true;
      const loss = -logLikelihood(logits.subarray(t * config.vocab_size, (t + 1) * config.vocab_size), ids[t + 1]!);
      for (const sum of inReply ? [all, reply] : [all]) {
        sum.loss += loss;
        sum.tokens += 1;
      }
      if (ids[t + 1] === END) inReply = false;
    }
  }
  return {
    allTokens: Math.exp(all.loss / all.tokens),
    replyTokens: Math.exp(reply.loss / reply.tokens),
  };
}

function logLikelihood(logits: Float64Array, id: number): number {
  let max = -Infinity;
  for (const logit of logits) if (logit > max) max = logit;
  let sum = 0;
  for (const logit of logits) sum += Math.exp(logit - max);
  return logits[id]! - max - Math.log(sum);
}

/** LlamaForCausalLM over one conversation, every position at once. @returns logits [positions][vocab] */
function forward(
  config: LlamaConfig,
  weight: (name: string) => Float64Array,
  ids: readonly number[],
  store: Storing,
  read: Reading,
): Float64Array {
  const { hidden_size: hidden, intermediate_size: ffn, head_dim: dim, vocab_size: vocab } = config;
  const { num_attention_heads: heads, num_key_value_heads: kvHeads, rms_norm_eps: epsilon } = config;
  const rows = ids.length;
  const qkvWidth = (heads + 2 * kvHeads) * dim;
  const layerProduct = (x: Float64Array, weights: Float64Array, width: number): Float64Array => {
    read(x, width);
    return product(x, weights, rows, width);
  };
  const embedding = weight('embedding');
  const residual = new Float64Array(rows * hidden);
  ids.forEach((id, t) => residual.set(embedding.subarray(id * hidden, (id + 1) * hidden), t * hidden));
  for (let layer = 0; layer < config.num_hidden_layers; layer++) {
    const ofLayer = (name: string): Float64Array => weight(`layers.${layer}.${name}`);
    const qkv = layerProduct(rmsNorm(residual, ofLayer('attention_norm'), rows, epsilon), ofLayer('qkv'), hidden);
    rotate(qkv, rows, qkvWidth, heads + kvHeads, dim, config.rope.theta);
    for (let t = 0; t < rows; t++) {
      for (let at = t * qkvWidth + heads * dim; at < (t + 1) * qkvWidth; at += dim) store(qkv.subarray(at, at + dim));
    }
    add(residual, layerProduct(attend(qkv, rows, heads, kvHeads, dim), ofLayer('o'), heads * dim));
    const gateUp = layerProduct(rmsNorm(residual, ofLayer('ffn_norm'), rows, epsilon), ofLayer('gate_up'), hidden);
    const gated = new Float64Array(rows * ffn);
    for (let t = 0; t < rows; t++) {
      for (let i = 0; i < ffn; i++) {
        gated[t * ffn + i] = silu(gateUp[t * 2 * ffn + i]!) * gateUp[t * 2 * ffn + ffn + i]!;
      }
    }
    add(residual, layerProduct(gated, ofLayer('down'), ffn));
  }
  const head = config.tie_word_embeddings ? embedding : weight('head');
  const logits = product(rmsNorm(residual, weight('norm'), rows, epsilon), head, rows, hidden);
  invariant(logits.length === rows * vocab, 'there is a row of logits for every position');
  return logits;
}

/** y = x · Wᵀ for x [rows][width] and W [outputs][width], in tiles of four by four; the last ones may overlap. */
function product(x: Float64Array, weights: Float64Array, rows: number, width: number): Float64Array {
  const outputs = weights.length / width;
  const y = new Float64Array(rows * outputs);
  invariant(outputs >= 4, 'a matrix has at least four outputs');
  for (let output = 0; output < outputs; output += 4) {
    for (let row = 0; row < rows; row += 4) {
      tile(x, weights, y, width, row, Math.min(output, outputs - 4));
    }
  }
  return y;
}

/** Four rows from `row` on (the last row again where they run out) against four outputs: each number loaded is used four times. */
function tile(x: Float64Array, w: Float64Array, y: Float64Array, width: number, row: number, output: number): void {
  const rows = x.length / width;
  const outputs = w.length / width;
  const r0 = row;
  const r1 = Math.min(row + 1, rows - 1);
  const r2 = Math.min(row + 2, rows - 1);
  const r3 = Math.min(row + 3, rows - 1);
  const [x0, x1, x2, x3] = [r0 * width, r1 * width, r2 * width, r3 * width];
  const w0 = output * width;
  const [w1, w2, w3] = [w0 + width, w0 + 2 * width, w0 + 3 * width];
  let [s00, s01, s02, s03, s10, s11, s12, s13] = [0, 0, 0, 0, 0, 0, 0, 0];
  let [s20, s21, s22, s23, s30, s31, s32, s33] = [0, 0, 0, 0, 0, 0, 0, 0];
  for (let k = 0; k < width; k++) {
    const a0 = x[x0 + k]!;
    const a1 = x[x1 + k]!;
    const a2 = x[x2 + k]!;
    const a3 = x[x3 + k]!;
    const b0 = w[w0 + k]!;
    const b1 = w[w1 + k]!;
    const b2 = w[w2 + k]!;
    const b3 = w[w3 + k]!;
    s00 += a0 * b0;
    s01 += a0 * b1;
    s02 += a0 * b2;
    s03 += a0 * b3;
    s10 += a1 * b0;
    s11 += a1 * b1;
    s12 += a1 * b2;
    s13 += a1 * b3;
    s20 += a2 * b0;
    s21 += a2 * b1;
    s22 += a2 * b2;
    s23 += a2 * b3;
    s30 += a3 * b0;
    s31 += a3 * b1;
    s32 += a3 * b2;
    s33 += a3 * b3;
  }
  y.set([s00, s01, s02, s03], r0 * outputs + output);
  y.set([s10, s11, s12, s13], r1 * outputs + output);
  y.set([s20, s21, s22, s23], r2 * outputs + output);
  y.set([s30, s31, s32, s33], r3 * outputs + output);
}

function rmsNorm(x: Float64Array, weights: Float64Array, rows: number, epsilon: number): Float64Array {
  const width = weights.length;
  const y = new Float64Array(x.length);
  for (let t = 0; t < rows; t++) {
    let sum = 0;
    for (let i = 0; i < width; i++) sum += x[t * width + i]! ** 2;
    const factor = 1 / Math.sqrt(sum / width + epsilon);
    for (let i = 0; i < width; i++) y[t * width + i] = x[t * width + i]! * factor * weights[i]!;
  }
  return y;
}

/** Rotary positions in place, halves paired as Hugging Face does, for the first `heads` heads of every row. */
function rotate(x: Float64Array, rows: number, stride: number, heads: number, dim: number, theta: number): void {
  const half = dim / 2;
  for (let t = 0; t < rows; t++) {
    for (let i = 0; i < half; i++) {
      const angle = t * theta ** (-i / half);
      const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
      for (let head = 0; head < heads; head++) {
        const at = t * stride + head * dim + i;
        const [a, b] = [x[at]!, x[at + half]!];
        x[at] = a * cos - b * sin;
        x[at + half] = b * cos + a * sin;
      }
    }
  }
}

/** Causal attention over rows of [query heads, key heads, value heads]. @returns [rows][heads · dim] */
function attend(qkv: Float64Array, rows: number, heads: number, kvHeads: number, dim: number): Float64Array {
  const stride = (heads + 2 * kvHeads) * dim;
  const y = new Float64Array(rows * heads * dim);
  const scores = new Float64Array(rows);
  for (let head = 0; head < heads; head++) {
    const key = (heads + Math.floor((head * kvHeads) / heads)) * dim;
    const value = key + kvHeads * dim;
    for (let t = 0; t < rows; t++) {
      let max = -Infinity;
      for (let past = 0; past <= t; past++) {
        let dot = 0;
        for (let i = 0; i < dim; i++) dot += qkv[t * stride + head * dim + i]! * qkv[past * stride + key + i]!;
        scores[past] = dot / Math.sqrt(dim);
        max = Math.max(max, scores[past]!);
      }
      let sum = 0;
      for (let past = 0; past <= t; past++) sum += scores[past] = Math.exp(scores[past]! - max);
      for (let past = 0; past <= t; past++) {
        const share = scores[past]! / sum;
        for (let i = 0; i < dim; i++) y[(t * heads + head) * dim + i]! += share * qkv[past * stride + value + i]!;
      }
    }
  }
  return y;
}

function silu(x: number): number {
  return x / (1 + Math.exp(-x));
}

function add(x: Float64Array, y: Float64Array): void {
  for (let i = 0; i < x.length; i++) x[i]! += y[i]!;
}
