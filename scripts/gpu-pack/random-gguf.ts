/**
 * A GGUF file of some shape with random weights, for llama.cpp to be timed with what our own benchmark runs: matrices in Q4_0,
 * which reads as many bits a weight as our int4 in groups of 32 (4.5), vectors in F32, and no vocabulary.
 */
import { open } from 'node:fs/promises';
import { noiseWords } from '../../src/bench/random-weights';
import type { BenchShape } from '../../src/bench/shapes';
import { HearthError } from '../../src/lib/errors';
import { gguf, type TestGguf, type TestValue } from '../../src/weights/testing/gguf';

/** Type ids of a file (docs/gguf.md). */
const F32 = 0;
const Q4_0 = 2;

const BLOCK_WEIGHTS = 32;
const BLOCK_BYTES = 18;
const ALIGNMENT = 32;

/** 2^-8 as f16: the spread of the weights is that of src/bench/random-weights.ts. */
const SMALL_F16 = 0x1c00;

/** Repeated through the file: a device does not know that it has seen it. A multiple of a block and of four bytes. */
const NOISE_BYTES = BLOCK_BYTES * 2 ** 15;

/** A tensor as it stands in the file: the row's width first. */
export interface RandomTensor {
  readonly name: string;
  readonly sizes: readonly number[];
  readonly type: typeof F32 | typeof Q4_0;
}

interface Sizes {
  readonly arch: string;
  readonly hidden: number;
  readonly feedForward: number;
  readonly layers: number;
  readonly heads: number;
  readonly kvHeads: number;
  readonly headDim: number;
  readonly vocabulary: number;
}

/**
 * Writes the file, piece by piece.
 * @returns its length in bytes
 * @throws HearthError `unsupported-model` for an architecture other than llama, qwen2 and qwen3; what the file system throws.
 */
export async function writeRandomGguf(path: string, { name, config }: BenchShape): Promise<number> {
  const sizes = sizesOf(config);
  const tensors = tensorsOf(sizes, config);
  let offset = 0;
  const claims = tensors.map((tensor) => {
    const claim = { ...tensor, offset };
    offset += paddedBytes(tensor);
    return claim;
  });
  const header = gguf({
    metadata: metadataOf(name, sizes, config),
    tensors: claims,
    data: new Uint8Array(0),
    alignment: ALIGNMENT,
  });
  const noise = noiseBlocks();
  const ones = new Uint8Array(new Float32Array(NOISE_BYTES / 4).fill(1).buffer);
  const file = await open(path, 'w');
  try {
    await file.write(header);
    for (const tensor of tensors) {
      const content = tensor.type === Q4_0 ? noise : ones;
      for (let left = paddedBytes(tensor); left > 0; left -= NOISE_BYTES) {
        await file.write(content, 0, Math.min(left, NOISE_BYTES));
      }
    }
  } finally {
    await file.close();
  }
  return header.length + offset;
}

/** Bytes of a tensor's weights, without padding. */
export function tensorBytes({ sizes, type }: RandomTensor): number {
  const count = sizes.reduce((product, size) => product * size, 1);
  return type === Q4_0 ? (count / BLOCK_WEIGHTS) * BLOCK_BYTES : 4 * count;
}

function paddedBytes(tensor: RandomTensor): number {
  return Math.ceil(tensorBytes(tensor) / ALIGNMENT) * ALIGNMENT;
}

function sizesOf(config: BenchShape['config']): Sizes {
  const number = (key: string) => Number(config[key]);
  const arch = String(config['model_type']);
  if (!['llama', 'qwen2', 'qwen3'].includes(arch)) {
    throw new HearthError(
      'unsupported-model',
      `A random GGUF file can be llama, qwen2 or qwen3; "${arch}" was asked for.`,
    );
  }
  const heads = number('num_attention_heads');
  return {
    arch,
    hidden: number('hidden_size'),
    feedForward: number('intermediate_size'),
    layers: number('num_hidden_layers'),
    heads,
    kvHeads: number('num_key_value_heads'),
    headDim: Number(config['head_dim'] ?? number('hidden_size') / heads),
    vocabulary: number('vocab_size'),
  };
}

function tensorsOf(sizes: Sizes, config: BenchShape['config']): RandomTensor[] {
  const { arch, hidden, feedForward, layers, headDim, vocabulary } = sizes;
  const [queries, keys] = [sizes.heads * headDim, sizes.kvHeads * headDim];
  const matrix = (name: string, rows: number, width: number): RandomTensor => {
    return { name: `${name}.weight`, sizes: [width, rows], type: Q4_0 };
  };
  const vector = (name: string, size: number): RandomTensor => ({ name, sizes: [size], type: F32 });
  const layer = (i: number): RandomTensor[] => [
    vector(`blk.${i}.attn_norm.weight`, hidden),
    matrix(`blk.${i}.attn_q`, queries, hidden),
    matrix(`blk.${i}.attn_k`, keys, hidden),
    matrix(`blk.${i}.attn_v`, keys, hidden),
    ...(arch === 'qwen2'
      ? [
          vector(`blk.${i}.attn_q.bias`, queries),
          vector(`blk.${i}.attn_k.bias`, keys),
          vector(`blk.${i}.attn_v.bias`, keys),
        ]
      : []),
    ...(arch === 'qwen3'
      ? [vector(`blk.${i}.attn_q_norm.weight`, headDim), vector(`blk.${i}.attn_k_norm.weight`, headDim)]
      : []),
    matrix(`blk.${i}.attn_output`, hidden, queries),
    vector(`blk.${i}.ffn_norm.weight`, hidden),
    matrix(`blk.${i}.ffn_gate`, feedForward, hidden),
    matrix(`blk.${i}.ffn_up`, feedForward, hidden),
    matrix(`blk.${i}.ffn_down`, hidden, feedForward),
  ];
  return [
    matrix('token_embd', vocabulary, hidden),
    ...(config['rope_scaling'] ? [vector('rope_freqs.weight', headDim / 2)] : []),
    ...Array.from({ length: layers }, (_, i) => layer(i)).flat(),
    vector('output_norm.weight', hidden),
    ...(config['tie_word_embeddings'] === true ? [] : [matrix('output', vocabulary, hidden)]),
  ];
}

function metadataOf(
  name: string,
  { arch, hidden, feedForward, layers, heads, kvHeads, headDim, vocabulary }: Sizes,
  config: BenchShape['config'],
): NonNullable<TestGguf['metadata']> {
  const u32 = (value: number): TestValue => ({ type: 'u32', value });
  const f32 = (value: unknown): TestValue => ({ type: 'f32', value });
  const string = (value: string): TestValue => ({ type: 'string', value });
  const own: [string, TestValue][] = [
    ['block_count', u32(layers)],
    ['context_length', u32(Number(config['max_position_embeddings']))],
    ['embedding_length', u32(hidden)],
    ['feed_forward_length', u32(feedForward)],
    ['attention.head_count', u32(heads)],
    ['attention.head_count_kv', u32(kvHeads)],
    ['attention.key_length', u32(headDim)],
    ['attention.value_length', u32(headDim)],
    ['attention.layer_norm_rms_epsilon', f32(config['rms_norm_eps'])],
    ['rope.dimension_count', u32(headDim)],
    ['rope.freq_base', f32(config['rope_theta'])],
    ['vocab_size', u32(vocabulary)],
  ];
  return [
    ['general.architecture', string(arch)],
    ['general.name', string(name)],
    ['general.alignment', u32(ALIGNMENT)],
    ...own.map(([key, value]) => [`${arch}.${key}`, value] as const),
    ['tokenizer.ggml.model', string('no_vocab')],
  ];
}

/** Q4_0 blocks: every code at random, one small scale. */
function noiseBlocks(): Uint8Array {
  const words = noiseWords().slice(0, NOISE_BYTES / 4);
  const view = new DataView(words.buffer);
  for (let at = 0; at < NOISE_BYTES; at += BLOCK_BYTES) view.setUint16(at, SMALL_F16, true);
  return new Uint8Array(words.buffer);
}
