/**
 * The fields of config.json that every decoder here has. A page reads its own oddities beside them.
 */
import { MAX_HEAD_DIM } from '../../kernels/shared/kv-pool';
import { HearthError } from '../../lib/errors';
import { boolean, choices, complaint, mustBe, positiveInteger, positiveNumber } from '../config';
import type { ConfigJson } from '../config';

/** Names as config.json spells them. */
export interface DecoderConfig {
  vocab_size: number;
  hidden_size: number;
  intermediate_size: number;
  num_hidden_layers: number;
  num_attention_heads: number;
  num_key_value_heads: number;
  head_dim: number;
  max_position_embeddings: number;
  rms_norm_eps: number;
  tie_word_embeddings: boolean;
}

/** What an architecture means by a field that its config.json leaves out; without one, the field must be there. */
export type DecoderDefaults = Partial<DecoderConfig> &
  Pick<DecoderConfig, 'max_position_embeddings' | 'rms_norm_eps' | 'tie_word_embeddings'>;

/** Far beyond any model, and so small that who lists layers or weights comes to an end. */
const LARGEST = { layers: 1024, size: 2 ** 22 };

/** @throws HearthError `bad-file` naming the field; `unsupported-model` for heads or weights that no kernel reads. */
export function readDecoder(json: ConfigJson, defaults: DecoderDefaults): DecoderConfig {
  mustBe(json, 'quantization_config', [null]);
  const hidden = positiveInteger(json, 'hidden_size', defaults.hidden_size);
  const heads = positiveInteger(json, 'num_attention_heads', defaults.num_attention_heads);
  const config: DecoderConfig = {
    vocab_size: positiveInteger(json, 'vocab_size', defaults.vocab_size),
    hidden_size: hidden,
    intermediate_size: positiveInteger(json, 'intermediate_size', defaults.intermediate_size),
    num_hidden_layers: positiveInteger(json, 'num_hidden_layers', defaults.num_hidden_layers),
    num_attention_heads: heads,
    num_key_value_heads: positiveInteger(json, 'num_key_value_heads', defaults.num_key_value_heads ?? heads),
    head_dim: positiveInteger(json, 'head_dim', defaults.head_dim ?? hidden / heads),
    max_position_embeddings: positiveInteger(json, 'max_position_embeddings', defaults.max_position_embeddings),
    rms_norm_eps: positiveNumber(json, 'rms_norm_eps', defaults.rms_norm_eps),
    tie_word_embeddings: boolean(json, 'tie_word_embeddings', defaults.tie_word_embeddings),
  };
  for (const field of [
    'vocab_size',
    'hidden_size',
    'intermediate_size',
    'num_hidden_layers',
    'num_attention_heads',
  ] as const) {
    const largest = field === 'num_hidden_layers' ? LARGEST.layers : LARGEST.size;
    if (config[field] > largest) throw complaint(field, config[field], `at most ${largest}`);
  }
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

/**
 * Positions each layer sees, its own included; null: all before it.
 * @param windowSize of the layers with a window; null where the checkpoint has it switched off
 * @param isWindowed which layers have one, where `layer_types` does not say
 */
export function readWindows(
  json: ConfigJson,
  layers: number,
  windowSize: number | null,
  isWindowed: (layer: number) => boolean,
): readonly (number | null)[] {
  const types = choices(json, 'layer_types', layers, ['sliding_attention', 'full_attention']);
  return Array.from({ length: layers }, (_, layer) => {
    const windowed = types ? types[layer] === 'sliding_attention' : isWindowed(layer);
    return windowed ? windowSize : null;
  });
}
