/**
 * GGUF's names of tensors (gguf-py, constants.py) in the words of Hugging Face checkpoints, which the models' pages ask for;
 * and which tensors the converters of llama.cpp store in another order of rows.
 */
import { HearthError } from '../../../lib/errors';
import type { GgufMetadata, GgufTensor } from './header';

const WHOLE_MODEL: Readonly<Record<string, string>> = {
  token_embd: 'model.embed_tokens',
  output_norm: 'model.norm',
  output: 'lm_head',
};

/** Behind `blk.N.`, and behind `model.layers.N.` */
const IN_LAYER: Readonly<Record<string, string>> = {
  attn_norm: 'input_layernorm',
  attn_q: 'self_attn.q_proj',
  attn_k: 'self_attn.k_proj',
  attn_v: 'self_attn.v_proj',
  attn_qkv: 'self_attn.qkv_proj',
  attn_output: 'self_attn.o_proj',
  attn_q_norm: 'self_attn.q_norm',
  attn_k_norm: 'self_attn.k_norm',
  post_attention_norm: 'post_attention_layernorm',
  ffn_norm: 'post_attention_layernorm',
  ffn_gate: 'mlp.gate_proj',
  ffn_up: 'mlp.up_proj',
  ffn_down: 'mlp.down_proj',
  post_ffw_norm: 'post_feedforward_layernorm',
};

/** By `general.architecture`, where a name means something else: four norms in a layer, gates and ups in one matrix. */
const EXCEPTIONS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  gemma2: { ffn_norm: 'pre_feedforward_layernorm' },
  gemma3: { ffn_norm: 'pre_feedforward_layernorm' },
  phi3: { ffn_up: 'mlp.gate_up_proj' },
};

/** Architectures whose queries and keys llama.cpp rotates in pairs (2i, 2i + 1): its converter moves their rows. */
const PAIRED: readonly string[] = ['llama', 'granite', 'smollm3'];

/** The checkpoint's name of a tensor; the file's own where this table has none, which the model's page then refuses. */
export function checkpointName(architecture: string, name: string): string {
  const [, layer, stem = '', kind = ''] = /^(?:blk\.(\d+)\.)?(\w+)\.(weight|bias)$/.exec(name) ?? [];
  const own = Object.hasOwn(EXCEPTIONS, architecture) ? EXCEPTIONS[architecture]! : {};
  const table = layer === undefined ? WHOLE_MODEL : { ...IN_LAYER, ...own };
  if (!Object.hasOwn(table, stem)) return name;
  return `${layer === undefined ? '' : `model.layers.${layer}.`}${table[stem]}.${kind}`;
}

/**
 * Rows of a head whose rotary pairs lie side by side; undefined for tensors in the order that the pages want.
 * @throws HearthError `bad-file` when the rows are no whole heads, `unsupported-model` for biases that would have to be moved.
 */
export function pairedRows(
  architecture: string,
  metadata: GgufMetadata,
  { name, shape }: GgufTensor,
): number | undefined {
  const which = /^blk\.\d+\.attn_([qk])\.(weight|bias)$/.exec(name);
  if (!which || !PAIRED.includes(architecture)) return undefined;
  if (which[2] === 'bias') {
    throw new HearthError(
      'unsupported-model',
      `The file has tensor "${name}"; ${architecture} is known without biases of queries and keys.`,
    );
  }
  const count = (key: string) => metadata.get(`${architecture}.attention.${key}`);
  const heads = count('head_count');
  const ofThese = which[1] === 'q' ? heads : (count('head_count_kv') ?? heads);
  const rows = shape[0]!;
  if (typeof ofThese === 'number' && Number.isInteger(ofThese) && ofThese > 0 && rows % (2 * ofThese) === 0) {
    return rows / ofThese;
  }
  throw new HearthError(
    'bad-file',
    `Tensor "${name}" has ${rows} rows for ${typeof ofThese === 'number' ? ofThese : 'an unknown number of'} heads; ` +
      'expected whole heads with an even number of rows each.',
  );
}
