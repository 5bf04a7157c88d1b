/**
 * The config.json of a GGUF file: its metadata under the names and with the defaults of the published Hugging Face configs. What
 * a GGUF file leaves to the reader, because llama.cpp knows it of the architecture (llama-model.cpp), stands here too.
 */
import { HearthError } from '../../../lib/errors';
import type { GgufMetadata } from './header';
import { complaint, count, number, size, text } from './metadata';
import type { Vocabulary } from './vocabulary';

/** Tensors that are facts about positions: by how much each frequency is divided. */
export interface RopeFactors {
  /** rope_freqs.weight: at every position (Llama 3.1 and later). */
  freqs?: Float32Array | undefined;
  /** rope_factors_long.weight and rope_factors_short.weight (Phi-3 and later). */
  long?: Float32Array | undefined;
  short?: Float32Array | undefined;
}

export type Config = Record<string, unknown>;

/** What an architecture's own fields are made of. */
interface Facts {
  metadata: GgufMetadata;
  /** As the file names the architecture, before the dot of a key. */
  architecture: string;
  tensorNames: ReadonlySet<string>;
  /** The fields that all architectures have. */
  common: { num_hidden_layers: number; hidden_size: number; num_attention_heads: number; head_dim: number };
}

/** `general.architecture` to `model_type`, and the fields that only this architecture has. */
const ARCHITECTURES: ReadonlyMap<string, { modelType: string; fields: (facts: Facts) => Config }> = new Map([
  ['llama', { modelType: 'llama', fields: llamaFields }],
  ['qwen2', { modelType: 'qwen2', fields: () => ({ use_sliding_window: false }) }],
  ['qwen3', { modelType: 'qwen3', fields: () => ({ attention_bias: false, use_sliding_window: false }) }],
  ['gemma2', { modelType: 'gemma2', fields: gemma2Fields }],
  ['gemma3', { modelType: 'gemma3_text', fields: gemma3Fields }],
  ['phi3', { modelType: 'phi3', fields: phi3Fields }],
  ['smollm3', { modelType: 'smollm3', fields: smollm3Fields }],
  ['granite', { modelType: 'granite', fields: graniteFields }],
  ['olmo2', { modelType: 'olmo2', fields: olmo2Fields }],
]);

/** @throws HearthError `bad-file`; `unsupported-model` for an architecture that is not known. */
export function configFromGguf(
  metadata: GgufMetadata,
  vocabulary: Vocabulary,
  ropeFactors: RopeFactors,
  tensorNames: ReadonlySet<string>,
): Config {
  const architecture = text(metadata, 'general.architecture');
  if (architecture === undefined) throw complaint('general.architecture', undefined, 'the name of an architecture');
  const known = ARCHITECTURES.get(architecture);
  const key = (name: string) => `${architecture}.${name}`;
  if (!known || (count(metadata, key('expert_count')) ?? 0) > 0) {
    const found = known ? `${architecture} with a mixture of experts` : architecture;
    throw new HearthError(
      'unsupported-model',
      `The GGUF file is of the architecture ${found}; known are ${[...ARCHITECTURES.keys()].join(', ')}.`,
    );
  }

  const hidden = size(metadata, key('embedding_length'));
  const heads = size(metadata, key('attention.head_count'));
  const headDim = headDimension(metadata, architecture, hidden / heads);
  const rotated = count(metadata, key('rope.dimension_count')) ?? headDim;
  const common = {
    model_type: known.modelType,
    _name_or_path: text(metadata, 'general.name'),
    vocab_size: vocabulary.tokens.length,
    hidden_size: hidden,
    intermediate_size: size(metadata, key('feed_forward_length')),
    num_hidden_layers: layerCount(metadata, key('block_count')),
    num_attention_heads: heads,
    num_key_value_heads: count(metadata, key('attention.head_count_kv')) ?? heads,
    head_dim: headDim,
    hidden_act: 'silu',
    max_position_embeddings: size(metadata, key('context_length')),
    rms_norm_eps: number(metadata, key('attention.layer_norm_rms_epsilon')),
    rope_theta: number(metadata, key('rope.freq_base')) ?? 10_000,
    rope_scaling: ropeScaling(metadata, architecture, ropeFactors, rotated / 2),
    ...(rotated === headDim ? {} : { partial_rotary_factor: partOf(headDim, rotated) }),
    tie_word_embeddings: !tensorNames.has('output.weight'),
    bos_token_id: vocabulary.bos,
    eos_token_id: vocabulary.eos,
  };
  return { ...common, ...known.fields({ metadata, architecture, tensorNames, common }) };
}

/** Far beyond any model, so that lists with an entry for each layer stay short. */
const MAX_LAYERS = 2 ** 14;

function layerCount(metadata: GgufMetadata, key: string): number {
  const layers = size(metadata, key);
  if (layers <= MAX_LAYERS) return layers;
  throw complaint(key, layers, `at most ${MAX_LAYERS}`);
}

/** Length of a head's queries and keys; values have to be as long. */
function headDimension(metadata: GgufMetadata, architecture: string, usual: number): number {
  const keys = count(metadata, `${architecture}.attention.key_length`) ?? usual;
  const values = count(metadata, `${architecture}.attention.value_length`) ?? usual;
  if (keys !== values) {
    throw new HearthError(
      'unsupported-model',
      `The GGUF file has heads with keys of ${keys} numbers and values of ${values}; expected them equally long.`,
    );
  }
  if (!Number.isSafeInteger(keys) || keys < 1) {
    throw complaint(
      `${architecture}.attention.head_count`,
      metadata.get(`${architecture}.attention.head_count`),
      'a divisor of the width',
    );
  }
  return keys;
}

/** What readers multiply with and round down to get `rotated` again: in six decimals, rounded up. */
function partOf(headDim: number, rotated: number): number {
  return Math.ceil((rotated / headDim) * 1e6) / 1e6;
}

/** @param frequencies how many there are: half of what is rotated */
function ropeScaling(
  metadata: GgufMetadata,
  architecture: string,
  { freqs, long, short }: RopeFactors,
  frequencies: number,
): Config | null {
  const key = (name: string) => `${architecture}.rope.scaling.${name}`;
  const checked = (factors: Float32Array) => {
    if (factors.length === frequencies && factors.every((factor) => factor > 0 && factor < Infinity)) {
      return Array.from(factors);
    }
    throw new HearthError(
      'bad-file',
      `The GGUF file has ${factors.length} rope factors, ${factors[0]} the first; expected ${frequencies} positive numbers.`,
    );
  };
  // Our own type: Llama 3's scaling is a formula for factors, and GGUF files hold the factors only.
  if (freqs) return { rope_type: 'frequency-factors', factors: checked(freqs) };
  if (long && short) {
    const magnitude = number(metadata, key('attn_factor'));
    return {
      rope_type: 'longrope',
      long_factor: checked(long),
      short_factor: checked(short),
      ...(magnitude === undefined ? {} : { attention_factor: magnitude }),
    };
  }

  const type = text(metadata, key('type')) ?? 'linear';
  const factor = number(metadata, key('factor')) ?? number(metadata, `${architecture}.rope.scale_linear`) ?? 1;
  if (type === 'none' || (type === 'linear' && (factor === 1 || factor === 0))) return null;
  if (type === 'linear') return { rope_type: 'linear', factor };
  const original = count(metadata, key('original_context_length'));
  return { rope_type: type, factor, ...(original === undefined ? {} : { original_max_position_embeddings: original }) };
}

function llamaFields({ tensorNames }: Facts): Config {
  return {
    attention_bias: tensorNames.has('blk.0.attn_q.bias'),
    mlp_bias: tensorNames.has('blk.0.ffn_gate.bias'),
  };
}

function gemma2Fields(facts: Facts): Config {
  const { metadata } = facts;
  return {
    hidden_act: 'gelu_pytorch_tanh',
    hidden_activation: 'gelu_pytorch_tanh',
    attn_logit_softcapping: number(metadata, 'gemma2.attn_logit_softcapping') ?? 50,
    final_logit_softcapping: number(metadata, 'gemma2.final_logit_softcapping') ?? 30,
    sliding_window: count(metadata, 'gemma2.attention.sliding_window') ?? 4096,
    query_pre_attn_scalar: gemmaQueryScalar(facts, 46),
  };
}

function gemma3Fields(facts: Facts): Config {
  const { metadata } = facts;
  return {
    hidden_act: 'gelu_pytorch_tanh',
    hidden_activation: 'gelu_pytorch_tanh',
    attn_logit_softcapping: number(metadata, 'gemma3.attn_logit_softcapping') ?? null,
    final_logit_softcapping: number(metadata, 'gemma3.final_logit_softcapping') ?? null,
    sliding_window: slidingWindow(facts),
    ...windowedLayers(facts, 6),
    rope_local_base_freq: number(metadata, 'gemma3.rope.freq_base_swa') ?? 10_000,
    query_pre_attn_scalar: gemmaQueryScalar(facts, 62),
  };
}

/** Only the largest Gemma, told by its layers, scales by the width per head and not by the head's own length. */
function gemmaQueryScalar({ common }: Facts, layersOfLargest: number): number {
  const { num_hidden_layers: layers, hidden_size: hidden, num_attention_heads: heads, head_dim: headDim } = common;
  return layers === layersOfLargest ? hidden / heads : headDim;
}

function phi3Fields(facts: Facts): Config {
  return {
    attention_bias: false,
    original_max_position_embeddings: count(facts.metadata, 'phi3.rope.scaling.original_context_length'),
    sliding_window: slidingWindow(facts),
  };
}

/** Every fourth layer has no rotary embedding; GGUF files leave that unsaid. */
function smollm3Fields({ common }: Facts): Config {
  const interval = 4;
  return {
    attention_bias: false,
    mlp_bias: false,
    no_rope_layer_interval: interval,
    no_rope_layers: Array.from({ length: common.num_hidden_layers }, (_, i) => ((i + 1) % interval === 0 ? 0 : 1)),
    use_sliding_window: false,
  };
}

function graniteFields({ metadata, common }: Facts): Config {
  return {
    attention_bias: false,
    mlp_bias: false,
    attention_multiplier: number(metadata, 'granite.attention.scale') ?? 1 / Math.sqrt(common.head_dim),
    embedding_multiplier: number(metadata, 'granite.embedding_scale') ?? 1,
    residual_multiplier: number(metadata, 'granite.residual_scale') ?? 1,
    logits_scaling: number(metadata, 'granite.logit_scale') ?? 1,
  };
}

function olmo2Fields(facts: Facts): Config {
  if (slidingWindow(facts) !== null) {
    throw new HearthError(
      'unsupported-model',
      'The GGUF file is of the architecture olmo2 with a sliding window, which is OLMo 3; known is OLMo 2.',
    );
  }
  return { attention_bias: false };
}

/** Which layers have a window: all but every so many, or as a list says. */
function windowedLayers({ metadata, architecture, common }: Facts, usual: number): Config {
  const key = `${architecture}.attention.sliding_window_pattern`;
  const value = metadata.get(key);
  if (!Array.isArray(value)) return { sliding_window_pattern: count(metadata, key) ?? usual };
  const layers = common.num_hidden_layers;
  if (value.length !== layers || !value.every((item) => typeof item === 'boolean')) {
    throw complaint(key, value, `a number, or true or false for each of ${layers} layers`);
  }
  return { layer_types: value.map((hasWindow) => (hasWindow ? 'sliding_attention' : 'full_attention')) };
}

/** How many positions a windowed layer sees; null where it sees all, which files write as 0. */
function slidingWindow({ metadata, architecture }: Facts): number | null {
  return count(metadata, `${architecture}.attention.sliding_window`) || null;
}
