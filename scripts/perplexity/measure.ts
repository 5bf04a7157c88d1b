/**
 * What quantising costs: packs the bundled models in several ways as the importer does, and evaluates the perplexity of
 * held-out conversations. The held-out file holds, again and again, a 16-bit count and that many 16-bit token ids.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { parseArgs } from 'node:util';
import { kvBlockBytes } from '../../src/kernels/shared/kv-pool';
import type { KvFormat } from '../../src/kernels/shared/kv-pool';
import { loadPosition, storePosition } from '../../src/kernels/shared/kv-pool.cpu';
import { codesOf, dequantize } from '../../src/kernels/quantize-rows/quantize-rows.cpu';
import type { ActivationFormat } from '../../src/kernels/shared/quantized';
import { present } from '../../src/lib/invariant';
import { roundUp } from '../../src/lib/shapes';
import { llama } from '../../src/models/llama';
import { chooseFormats, DEFAULT_INT4, DEFAULT_INT8, measureInt4Error } from '../../src/quant/choose';
import type { MatrixRole } from '../../src/quant/choose';
import { decodeBfloat16 } from '../../src/quant/float16';
import type { PackedFormat, QuantizedFormat } from '../../src/quant/format';
import { CHUNK, packedBytes } from '../../src/quant/format';
import { packRows } from '../../src/quant/pack';
import { unpack } from '../../src/quant/unpack';
import type { WeightSpec } from '../../src/weights/spec';
import { evaluate } from './evaluate';
import type { Storing } from './evaluate';

/** Where the figures are kept, relative to the root of the repository. */
const MEASURED = 'src/quant/measured.json';

interface Matrix {
  name: string;
  role: MatrixRole;
  rows: number;
  width: number;
  values: Float32Array; // [rows][width]
}

/** @param args of the command line; paths are relative to the current folder. */
export async function main(args: string[]): Promise<void> {
  const { values: options, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      conversations: { type: 'string', default: '100' },
      heldout: { type: 'string', default: '../shared/models/golden/heldout.bin' },
      variants: { type: 'string' },
      write: { type: 'boolean', default: false },
    },
  });
  const folders = positionals.length > 0 ? positionals : ['public/models/tales', 'public/models/tales-draft'];
  const conversations = readConversations(await readFile(options.heldout)).slice(0, Number(options.conversations));
  const models: Record<string, unknown> = {};
  for (const folder of folders) {
    models[basename(folder)] = await measure(folder, conversations, options.variants?.split(','));
  }
  if (!options.write) return;
  await writeFile(MEASURED, `${JSON.stringify({ conversations: conversations.length, models }, null, 2)}\n`);
}

/** Perplexity of one model in every variant, or in those named. */
async function measure(folder: string, conversations: number[][], only: string[] | undefined): Promise<unknown> {
  const config = llama.readConfig(JSON.parse(await readFile(`${folder}/config.json`, 'utf8')));
  const source = readTensors(await readFile(`${folder}/model.safetensors`));
  const specs = llama.weights(config);
  const published = new Map(specs.map((spec) => [spec.name, joinParts(spec, source)]));
  const matrices = specs.flatMap(({ name, role, parts, width }): Matrix[] => {
    if (role === 'vector') return [];
    const rows = parts.reduce((sum, part) => sum + part.rows, 0);
    return [{ name, role, rows, width, values: present(published.get(name), name) }];
  });
  const weights = matrices.reduce((sum, { values }) => sum + values.length, 0);
  const chosen = chooseFormats(
    matrices.map(({ name, role, rows, width, values }) => ({
      name,
      role,
      weights: values.length,
      relativeError: measureInt4Error(values, rows, width),
    })),
  );

  const perplexity: Record<string, unknown> = {};
  for (const { variant, formatOf, kvFormat, activationFormat } of variants(chosen)) {
    if (only && !only.includes(variant)) continue;
    const decoded = new Map<string, Float32Array>(published);
    let bytes = 0;
    for (const { name, rows, width, values } of matrices) {
      const format = formatOf(name);
      decoded.set(name, unpack(packRows(values, rows, width, format)));
      bytes += packedBytes(format, rows, width);
    }
    const store = storingIn(kvFormat, config.head_dim);
    const read = activationFormat === 'int8' ? readAsCodes : undefined;
    const { allTokens, replyTokens } = evaluate(config, decoded, conversations, store, read);
    const bitsPerWeight = (8 * bytes) / weights;
    const result = {
      bitsPerWeight: Number(bitsPerWeight.toFixed(2)),
      allTokens: Number(allTokens.toFixed(4)),
      replyTokens: Number(replyTokens.toFixed(4)),
    };
    console.log(basename(folder), variant, JSON.stringify(result));
    perplexity[variant] = result;
  }
  const int8 = matrices.filter(({ name }) => chosen.get(name)?.kind === 'int8');
  return { int8: int8.map(({ name }) => name).join(', '), perplexity };
}

/** One way to store a model: its matrices, keys and values, and what layers' products read (exactly, where none is named). */
interface Variant {
  variant: string;
  formatOf: (name: string) => PackedFormat;
  kvFormat?: KvFormat;
  activationFormat?: ActivationFormat;
}

function variants(chosen: ReadonlyMap<string, PackedFormat>): Variant[] {
  const affine = (group: 32 | 64): QuantizedFormat => ({ kind: 'int4', group, affine: true, scale: 'f16' });
  const shipped = (name: string): PackedFormat => present(chosen.get(name), name);
  return [
    { variant: 'bf16', formatOf: () => ({ kind: 'bf16' }) },
    { variant: 'shipped', formatOf: shipped },
    { variant: 'shipped with f16 KV', formatOf: shipped, kvFormat: 'f16' },
    { variant: 'shipped with int8 KV', formatOf: shipped, kvFormat: 'int8' },
    { variant: 'shipped with int8 activations', formatOf: shipped, activationFormat: 'int8' },
    { variant: 'all int4', formatOf: () => DEFAULT_INT4 },
    { variant: 'all int4 g64 affine', formatOf: () => affine(64) },
    { variant: 'all int4 g32 affine', formatOf: () => affine(32) },
    { variant: 'all int8', formatOf: () => DEFAULT_INT8 },
  ];
}

/** Through a pool and back, as attention reads keys and values. */
function storingIn(format: KvFormat | undefined, headDim: number): Storing | undefined {
  if (!format) return undefined;
  const u32 = new Uint32Array(kvBlockBytes(format, 1, headDim) / 4);
  const pool = { u32, f32: new Float32Array(u32.buffer) };
  const place = { tile: 0, position: 0 };
  const numbers = new Float32Array(headDim);
  return (head) => {
    numbers.set(head);
    storePosition(pool, 'keys', format, place, numbers);
    loadPosition(pool, 'keys', format, place, numbers);
    head.set(numbers);
  };
}

/** Through int8 codes and back, row by row as the engine has them: the last chunk of a row ends with zeros. */
function readAsCodes(rows: Float64Array, width: number): void {
  const padded = new Float32Array(roundUp(width, CHUNK));
  for (let at = 0; at < rows.length; at += width) {
    padded.set(rows.subarray(at, at + width));
    const u32 = codesOf(padded);
    const codes = { u32, f32: new Float32Array(u32.buffer) };
    rows.set(dequantize(codes).subarray(0, width), at);
  }
}

/** The rows of one packed tensor, its parts one after another. */
function joinParts({ parts, width }: WeightSpec, source: ReadonlyMap<string, Float32Array>): Float32Array {
  const joined = new Float32Array(parts.reduce((sum, part) => sum + part.rows, 0) * width);
  let at = 0;
  for (const part of parts) {
    joined.set(present(source.get(part.source), part.source), at);
    at += part.rows * width;
  }
  return joined;
}

/** The bf16 tensors of a safetensors file as f32, by name. */
function readTensors(file: Buffer): Map<string, Float32Array> {
  const headerBytes = Number(file.readBigUInt64LE(0));
  const header = JSON.parse(file.toString('utf8', 8, 8 + headerBytes)) as Record<
    string,
    { dtype: string; data_offsets: [number, number] }
  >;
  const tensors = new Map<string, Float32Array>();
  for (const [name, { dtype, data_offsets: offsets }] of Object.entries(header)) {
    if (name === '__metadata__') continue;
    if (dtype !== 'BF16') throw new Error(`${name} is ${dtype}; this measurement reads BF16.`);
    const bytes = Uint8Array.from(file.subarray(8 + headerBytes + offsets[0], 8 + headerBytes + offsets[1]));
    tensors.set(name, decodeBfloat16(new Uint16Array(bytes.buffer)));
  }
  return tensors;
}

function readConversations(file: Buffer): number[][] {
  const conversations: number[][] = [];
  for (let at = 0; at < file.length;) {
    const length = file.readUInt16LE(at);
    conversations.push(Array.from({ length }, (_, i) => file.readUInt16LE(at + 2 + 2 * i)));
    at += 2 + 2 * length;
  }
  return conversations;
}
