/**
 * Llama once more, as plainly as it can be said: float64, one vector at a time, tensors by the checkpoint's own names and
 * shapes, nothing packed, fused or cached. It shares no code with the engine and is the judge of the page llama.ts.
 */
import type { LlamaConfig } from '../llama-layout';

type Vector = Float64Array;

/** Tensors by the names of `LlamaForCausalLM`; matrices are [outputs][inputs]. */
export type LlamaTensors = ReadonlyMap<string, Float32Array<ArrayBuffer>>;

/** @returns logits of every position // [ids][vocab_size] */
export function referenceLlama(config: LlamaConfig, tensors: LlamaTensors, ids: readonly number[]): Vector[] {
  const { hidden_size: hidden, head_dim: headDim, num_attention_heads: heads, num_key_value_heads: kvHeads } = config;
  const tensor = (name: string): Float32Array => {
    const values = tensors.get(`${name}.weight`);
    if (!values) throw new Error(`the checkpoint has no ${name}.weight`);
    return values;
  };
  const norm = (x: Vector, name: string) => rmsNorm(x, tensor(name), config.rms_norm_eps);

  const embedding = tensor('model.embed_tokens');
  const residuals = ids.map((id) => Float64Array.from(embedding.subarray(id * hidden, (id + 1) * hidden)));

  for (let layer = 0; layer < config.num_hidden_layers; layer++) {
    const prefix = `model.layers.${layer}`;
    const keys: Vector[][] = []; // [position][kv head]
    const values: Vector[][] = [];
    residuals.forEach((residual, position) => {
      const x = norm(residual, `${prefix}.input_layernorm`);
      const project = (name: string) => multiply(tensor(`${prefix}.self_attn.${name}`), x);
      const turn = (head: Vector) => rotate(head, position, config.rope_theta);
      const queries = split(project('q_proj'), headDim).map(turn);
      keys.push(split(project('k_proj'), headDim).map(turn));
      values.push(split(project('v_proj'), headDim));
      const attended = queries.map((query, head) => {
        const kvHead = Math.floor(head / (heads / kvHeads));
        return attend(
          query,
          keys.map((ofPosition) => ofPosition[kvHead]!),
          values.map((ofPosition) => ofPosition[kvHead]!),
        );
      });
      add(residual, multiply(tensor(`${prefix}.self_attn.o_proj`), join(attended)));

      const y = norm(residual, `${prefix}.post_attention_layernorm`);
      const gate = multiply(tensor(`${prefix}.mlp.gate_proj`), y);
      const up = multiply(tensor(`${prefix}.mlp.up_proj`), y);
      const gated = gate.map((g, i) => (g / (1 + Math.exp(-g))) * up[i]!);
      add(residual, multiply(tensor(`${prefix}.mlp.down_proj`), gated));
    });
  }

  const head = config.tie_word_embeddings ? embedding : tensor('lm_head');
  return residuals.map((residual) => multiply(head, norm(residual, 'model.norm')));
}

/** W · x, as many outputs as the matrix has rows of x's length. */
function multiply(matrix: Float32Array, x: Vector): Vector {
  const y = new Float64Array(matrix.length / x.length);
  for (let row = 0; row < y.length; row++) {
    for (let i = 0; i < x.length; i++) y[row]! += matrix[row * x.length + i]! * x[i]!;
  }
  return y;
}

function rmsNorm(x: Vector, weight: Float32Array, epsilon: number): Vector {
  const meanSquare = x.reduce((sum, value) => sum + value * value, 0) / x.length;
  return x.map((value, i) => (value / Math.sqrt(meanSquare + epsilon)) * weight[i]!);
}

/** RoPE: numbers i and i + half are a point in the plane, turned by position · theta^(−2i / length). */
function rotate(head: Vector, position: number, theta: number): Vector {
  const half = head.length / 2;
  return head.map((value, i) => {
    const angle = position * theta ** ((-2 * (i % half)) / head.length);
    const partner = i < half ? -head[i + half]! : head[i - half]!;
    return value * Math.cos(angle) + partner * Math.sin(angle);
  });
}

function attend(query: Vector, keys: readonly Vector[], values: readonly Vector[]): Vector {
  const scores = keys.map((key) => key.reduce((sum, k, i) => sum + k * query[i]!, 0) / Math.sqrt(query.length));
  const highest = Math.max(...scores);
  const weights = scores.map((score) => Math.exp(score - highest));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const result = new Float64Array(query.length);
  values.forEach((value, position) => value.forEach((v, i) => (result[i]! += (weights[position]! / total) * v)));
  return result;
}

function split(x: Vector, length: number): Vector[] {
  return Array.from({ length: x.length / length }, (_, i) => x.slice(i * length, (i + 1) * length));
}

function join(vectors: readonly Vector[]): Vector {
  return Float64Array.from(vectors.flatMap((vector) => [...vector]));
}

function add(target: Vector, summand: Vector): void {
  summand.forEach((value, i) => (target[i]! += value));
}
