/**
 * The decoders once more, as plainly as they can be said: float64, one vector at a time, tensors by the checkpoint's own names
 * and shapes, nothing packed, fused or cached. It shares no code with the engine and is the judge of the pages.
 */

type Vector = Float64Array;

/** Tensors by their names in a Hugging Face checkpoint; matrices are [outputs][inputs]. */
export type CheckpointTensors = ReadonlyMap<string, Float32Array<ArrayBuffer>>;

/** The parts that checkpoints of all these architectures have in common. */
export interface PlainSizes {
  hidden_size: number;
  num_hidden_layers: number;
  num_attention_heads: number;
  num_key_value_heads: number;
  head_dim: number;
  rms_norm_eps: number;
  tie_word_embeddings: boolean;
}

/** What tells the architectures apart; what is left out is as in Llama. */
export interface Oddities {
  /** Angles by which position 1 turns the pairs (i, i + n) of a head of a layer; n of them, none in a layer without rope. */
  frequencies: (layer: number) => readonly number[];
  /** Of all cosines and sines. */
  magnitude?: number;
  /** Positions a layer sees, its own included. */
  window?: (layer: number) => number;
  embeddingScale?: number;
  residualScale?: number;
  scoreScale?: number;
  scoreCap?: number;
  logitDivisor?: number;
  logitCap?: number;
  gate?: 'silu' | 'gelu';
  /** Names of the norms before and after attention and feed-forward; null where there is none. */
  norms?: { before: readonly [string, string] | null; after: readonly [string, string] | null };
  /** Norms multiply with 1 + their weight. */
  normPlusOne?: boolean;
  /** Queries and keys are normed, each head by itself or all together. */
  qkNorm?: 'head' | 'all';
  biases?: boolean;
  /** One tensor for queries, keys and values, and one for gates and ups. */
  fused?: boolean;
}

const LLAMA_NORMS = { before: ['input_layernorm', 'post_attention_layernorm'], after: null } as const;

/** @returns logits of every position // [ids][vocab_size] */
export function referenceLogits(
  sizes: PlainSizes,
  oddities: Oddities,
  tensors: CheckpointTensors,
  ids: readonly number[],
): Vector[] {
  const { hidden_size: hidden, head_dim: headDim, num_attention_heads: heads, num_key_value_heads: kvHeads } = sizes;
  const { window, embeddingScale = 1, residualScale = 1, scoreScale = 1 / Math.sqrt(headDim) } = oddities;
  const { norms = LLAMA_NORMS, logitDivisor = 1, gate = 'silu' } = oddities;
  const tensor = (name: string): Float32Array => {
    const values = tensors.get(name);
    if (!values) throw new Error(`the checkpoint has no ${name}`);
    return values;
  };
  const weight = (name: string) => tensor(`${name}.weight`);
  const norm = (x: Vector, name: string) =>
    rmsNorm(x, weight(name), sizes.rms_norm_eps, oddities.normPlusOne === true ? 1 : 0);

  const embedding = weight('model.embed_tokens');
  const residuals = ids.map((id) =>
    Float64Array.from(embedding.subarray(id * hidden, (id + 1) * hidden), (value) => value * embeddingScale),
  );

  for (let layer = 0; layer < sizes.num_hidden_layers; layer++) {
    const prefix = `model.layers.${layer}`;
    const frequencies = oddities.frequencies(layer);
    const keys: Vector[][] = []; // [position][kv head]
    const values: Vector[][] = [];
    const addBranch = (residual: Vector, branch: Vector, which: 0 | 1) => {
      const normed = norms.after ? norm(branch, `${prefix}.${norms.after[which]}`) : branch;
      normed.forEach((value, i) => (residual[i]! += residualScale * value));
    };
    const enter = (residual: Vector, which: 0 | 1) =>
      norms.before ? norm(residual, `${prefix}.${norms.before[which]}`) : residual;

    residuals.forEach((residual, position) => {
      const x = enter(residual, 0);
      const attn = `${prefix}.self_attn`;
      const project = (name: string, first: number, count: number) => {
        const whole = multiply(weight(`${attn}.${oddities.fused ? 'qkv_proj' : name}`), x);
        const own = oddities.fused ? whole.slice(first * headDim, (first + count) * headDim) : whole;
        return oddities.biases ? own.map((value, i) => value + tensor(`${attn}.${name}.bias`)[i]!) : own;
      };
      const turn = (head: Vector) => rotate(head, position, frequencies, oddities.magnitude ?? 1);
      const complete = (projected: Vector, name: string) => {
        const whole = oddities.qkNorm === 'all' ? norm(projected, `${attn}.${name}`) : projected;
        const each = split(whole, headDim);
        return (oddities.qkNorm === 'head' ? each.map((head) => norm(head, `${attn}.${name}`)) : each).map(turn);
      };
      const queries = complete(project('q_proj', 0, heads), 'q_norm');
      keys.push(complete(project('k_proj', heads, kvHeads), 'k_norm'));
      values.push(split(project('v_proj', heads + kvHeads, kvHeads), headDim));
      const first = window ? Math.max(0, position + 1 - window(layer)) : 0;
      const attended = queries.map((query, head) => {
        const kvHead = Math.floor(head / (heads / kvHeads));
        const seen = (all: Vector[][]) => all.slice(first).map((ofPosition) => ofPosition[kvHead]!);
        return attend(query, seen(keys), seen(values), scoreScale, oddities.scoreCap);
      });
      addBranch(residual, multiply(weight(`${attn}.o_proj`), join(attended)), 0);

      const y = enter(residual, 1);
      const gateUp = oddities.fused ? multiply(weight(`${prefix}.mlp.gate_up_proj`), y) : null;
      const gates = gateUp?.slice(0, gateUp.length / 2) ?? multiply(weight(`${prefix}.mlp.gate_proj`), y);
      const ups = gateUp?.slice(gateUp.length / 2) ?? multiply(weight(`${prefix}.mlp.up_proj`), y);
      const gated = gates.map((g, i) => (gate === 'gelu' ? gelu(g) : g / (1 + Math.exp(-g))) * ups[i]!);
      addBranch(residual, multiply(weight(`${prefix}.mlp.down_proj`), gated), 1);
    });
  }

  const head = sizes.tie_word_embeddings ? embedding : weight('lm_head');
  return residuals.map((residual) =>
    multiply(head, norm(residual, 'model.norm')).map((value) => capped(value / logitDivisor, oddities.logitCap)),
  );
}

/** Frequencies of plain rope: theta^(−2i / rotaryDim). */
export function plainFrequencies(theta: number, rotaryDim: number): number[] {
  return Array.from({ length: rotaryDim / 2 }, (_, i) => theta ** ((-2 * i) / rotaryDim));
}

/** W · x, as many outputs as the matrix has rows of x's length. */
function multiply(matrix: Float32Array, x: Vector): Vector {
  const y = new Float64Array(matrix.length / x.length);
  for (let row = 0; row < y.length; row++) {
    for (let i = 0; i < x.length; i++) y[row]! += matrix[row * x.length + i]! * x[i]!;
  }
  return y;
}

function rmsNorm(x: Vector, weight: Float32Array, epsilon: number, plus: number): Vector {
  const meanSquare = x.reduce((sum, value) => sum + value * value, 0) / x.length;
  return x.map((value, i) => (value / Math.sqrt(meanSquare + epsilon)) * (weight[i]! + plus));
}

/** GELU in its tanh form. */
function gelu(x: number): number {
  return 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3)));
}

function capped(x: number, cap?: number): number {
  return cap === undefined ? x : cap * Math.tanh(x / cap);
}

/** RoPE: numbers i and i + n are a point in the plane, turned by position · frequency; what lies beyond 2n stays. */
function rotate(head: Vector, position: number, frequencies: readonly number[], magnitude: number): Vector {
  const n = frequencies.length;
  return head.map((value, i) => {
    if (i >= 2 * n) return value;
    const angle = position * frequencies[i % n]!;
    const partner = i < n ? -head[i + n]! : head[i - n]!;
    return magnitude * (value * Math.cos(angle) + partner * Math.sin(angle));
  });
}

function attend(
  query: Vector,
  keys: readonly Vector[],
  values: readonly Vector[],
  scale: number,
  cap: number | undefined,
): Vector {
  const scores = keys.map((key) => capped(scale * key.reduce((sum, k, i) => sum + k * query[i]!, 0), cap));
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
