/**
 * A Llama in miniature as a GGUF file: random weights of whatever types, one layer, a vocabulary of bytes. Which rows each
 * packed tensor must hold is told independently of the importer.
 */
import { present } from '../../lib/invariant';
import type { GgmlBlockType } from '../../quant/ggml/blocks';
import { GGML_BLOCKS } from '../../quant/ggml/blocks';
import { plainDecode } from '../../quant/ggml/testing/plain-decoder';
import { randomBlocks } from '../../quant/ggml/testing/random-blocks';
import { TENSOR_TYPES } from '../formats/gguf/tensor-types';
import type { FloatType } from '../formats/floats';
import type { WeightType } from '../formats/weight-types';
import { concat, decodeFloatsPlainly, encodeFloats, generator } from './checkpoint';
import { gguf, type TestGguf, type TestTensorClaim, type TestValue } from './gguf';

export interface GgufModelOptions {
  seed?: number;
  /** The type of a matrix, by its name in the file. Norms are F32. */
  typeOf?: (name: string) => WeightType;
  hidden?: number;
  feedForward?: number;
  heads?: number;
  kvHeads?: number;
}

export interface TestGgufTensor extends Omit<TestTensorClaim, 'offset'> {
  bytes: Uint8Array<ArrayBuffer>;
  /** By ggml's own loops // [rows][width] */
  weights: Float32Array<ArrayBuffer>;
}

export interface GgufModel {
  metadata: NonNullable<TestGguf['metadata']>;
  tensors: TestGgufTensor[];
  /** What each packed tensor must hold: rows in the order of the page, heads in halves // [rows][width] */
  expected: Map<string, Float32Array<ArrayBuffer>>;
}

const ALIGNMENT = 32;

export function ggufModel({
  seed = 1,
  typeOf = () => 'F32',
  hidden = 64,
  feedForward = 96,
  heads = 4,
  kvHeads = 2,
}: GgufModelOptions = {}): GgufModel {
  const random = generator(seed);
  const keys = (hidden / heads) * kvHeads;
  const tokens = vocabulary();
  const matrices: [name: string, rows: number, width: number][] = [
    ['token_embd', tokens.length, hidden],
    ['blk.0.attn_q', hidden, hidden],
    ['blk.0.attn_k', keys, hidden],
    ['blk.0.attn_v', keys, hidden],
    ['blk.0.attn_output', hidden, hidden],
    ['blk.0.ffn_gate', feedForward, hidden],
    ['blk.0.ffn_up', feedForward, hidden],
    ['blk.0.ffn_down', hidden, feedForward],
  ];
  const tensors = matrices.map(([name, rows, width]): TestGgufTensor => {
    const file = `${name}.weight`;
    return tensor(file, [width, rows], typeOf(file), random);
  });
  for (const name of ['output_norm', 'blk.0.attn_norm', 'blk.0.ffn_norm']) {
    tensors.push(tensor(`${name}.weight`, [hidden], 'F32', random));
  }
  const of = (name: string) =>
    present(
      tensors.find((one) => one.name === `${name}.weight`),
      name,
    ).weights;
  const headRows = hidden / heads;
  return {
    metadata: metadataOf({ hidden, feedForward, heads, kvHeads, tokens }),
    tensors,
    expected: new Map([
      ['embedding', of('token_embd')],
      ['norm', of('output_norm')],
      ['layers.0.attention_norm', of('blk.0.attn_norm')],
      [
        'layers.0.qkv',
        joined(
          inHalves(of('blk.0.attn_q'), hidden, headRows),
          inHalves(of('blk.0.attn_k'), hidden, headRows),
          of('blk.0.attn_v'),
        ),
      ],
      ['layers.0.o', of('blk.0.attn_output')],
      ['layers.0.ffn_norm', of('blk.0.ffn_norm')],
      ['layers.0.gate_up', joined(of('blk.0.ffn_gate'), of('blk.0.ffn_up'))],
      ['layers.0.down', of('blk.0.ffn_down')],
    ]),
  };
}

/** One file with these metadata and tensors. */
export function ggufFile(
  metadata: NonNullable<TestGguf['metadata']>,
  tensors: readonly TestGgufTensor[],
): Uint8Array<ArrayBuffer> {
  const claims: TestTensorClaim[] = [];
  const pieces: Uint8Array[] = [];
  let offset = 0;
  for (const { name, sizes, type, bytes } of tensors) {
    claims.push({ name, sizes, type, offset });
    const padding = new Uint8Array((ALIGNMENT - (bytes.length % ALIGNMENT)) % ALIGNMENT);
    pieces.push(bytes, padding);
    offset += bytes.length + padding.length;
  }
  return gguf({ metadata, tensors: claims, data: concat(...pieces), alignment: ALIGNMENT });
}

/** The model split into files as llama.cpp's gguf-split does: metadata in the first, tensors spread evenly. */
export function splitFiles({ metadata, tensors }: GgufModel, count: number): Record<string, Uint8Array<ArrayBuffer>> {
  const perFile = Math.ceil(tensors.length / count);
  const fiveDigits = (value: number) => String(value).padStart(5, '0');
  return Object.fromEntries(
    Array.from({ length: count }, (_, i) => {
      const split: [string, TestValue][] = [
        ['split.no', { type: 'u16', value: i }],
        ['split.count', { type: 'u16', value: count }],
        ['split.tensors.count', { type: 'i32', value: tensors.length }],
      ];
      const own = tensors.slice(i * perFile, (i + 1) * perFile);
      const path = `tiny-${fiveDigits(i + 1)}-of-${fiveDigits(count)}.gguf`;
      return [path, ggufFile(i === 0 ? [...metadata, ...split] : split, own)];
    }),
  );
}

function tensor(name: string, sizes: readonly number[], type: WeightType, random: () => number): TestGgufTensor {
  const count = sizes.reduce((product, size) => product * size, 1);
  const typeId = present(
    [...TENSOR_TYPES].find(([, known]) => known.name === type),
    type,
  )[0];
  if (Object.hasOwn(GGML_BLOCKS, type)) {
    const blockType = type as GgmlBlockType;
    const bytes = randomBlocks(blockType, count / GGML_BLOCKS[blockType].weights, random);
    return { name, sizes, type: typeId, bytes, weights: plainDecode(blockType, bytes) };
  }
  const floatType = type as FloatType;
  const bytes = encodeFloats(
    Float32Array.from({ length: count }, () => random() + random() - 1),
    floatType,
  );
  return { name, sizes, type: typeId, bytes, weights: decodeFloatsPlainly(bytes, floatType) };
}

/** Rows of heads in pairs to heads in halves: row i + j · headRows / 2 of a head is row 2i + j of the file. */
function inHalves(weights: Float32Array, width: number, headRows: number): Float32Array<ArrayBuffer> {
  const rows = weights.length / width;
  const result = new Float32Array(weights.length);
  for (let head = 0; head < rows; head += headRows) {
    for (let i = 0; i < headRows / 2; i++) {
      for (const j of [0, 1]) {
        const from = head + 2 * i + j;
        result.set(weights.subarray(from * width, (from + 1) * width), (head + i + (j * headRows) / 2) * width);
      }
    }
  }
  return result;
}

function joined(...pieces: Float32Array[]): Float32Array<ArrayBuffer> {
  const whole = new Float32Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}

/** SentencePiece's three and a piece for each byte, then letters: 288 in all. */
function vocabulary(): string[] {
  const bytes = Array.from({ length: 256 }, (_, byte) => `<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`);
  return ['<unk>', '<s>', '</s>', ...bytes, '▁', ...Array.from('abcdefghijklmnopqrstuvwxyz'), '▁a', '▁b'];
}

function metadataOf({
  hidden,
  feedForward,
  heads,
  kvHeads,
  tokens,
}: Record<'hidden' | 'feedForward' | 'heads' | 'kvHeads', number> & { tokens: string[] }): NonNullable<
  TestGguf['metadata']
> {
  const u32 = (value: number): TestValue => ({ type: 'u32', value });
  const f32 = (value: number): TestValue => ({ type: 'f32', value });
  const string = (value: string): TestValue => ({ type: 'string', value });
  const [CONTROL, UNKNOWN, BYTE, NORMAL] = [3, 2, 6, 1];
  const kinds = tokens.map((token, i) => {
    if (i < 3) return i === 0 ? UNKNOWN : CONTROL;
    return token.startsWith('<0x') ? BYTE : NORMAL;
  });
  return [
    ['general.architecture', string('llama')],
    ['general.name', string('tiny')],
    ['llama.block_count', u32(1)],
    ['llama.context_length', u32(128)],
    ['llama.embedding_length', u32(hidden)],
    ['llama.feed_forward_length', u32(feedForward)],
    ['llama.attention.head_count', u32(heads)],
    ['llama.attention.head_count_kv', u32(kvHeads)],
    ['llama.attention.layer_norm_rms_epsilon', f32(1e-5)],
    ['llama.rope.dimension_count', u32(hidden / heads)],
    ['llama.rope.freq_base', f32(10_000)],
    ['llama.vocab_size', u32(tokens.length)],
    ['tokenizer.ggml.model', string('llama')],
    ['tokenizer.ggml.pre', string('default')],
    ['tokenizer.ggml.tokens', { list: 'string', values: tokens }],
    ['tokenizer.ggml.scores', { list: 'f32', values: tokens.map((_, i) => -i) }],
    ['tokenizer.ggml.token_type', { list: 'i32', values: kinds }],
    ['tokenizer.ggml.bos_token_id', u32(1)],
    ['tokenizer.ggml.eos_token_id', u32(2)],
    ['tokenizer.ggml.unknown_token_id', u32(0)],
  ];
}
