/**
 * A checkpoint made up for tests: a table of weights as a model's page would give it, random numbers, and the files of a
 * folder in Hugging Face layout. Its config.json is the table itself, so that no architecture is needed.
 */
import { present } from '../../lib/invariant';
import { encodeBfloat16, encodeFloat16 } from '../../quant/float16';
import type { FloatType } from '../formats/floats';
import type { WeightSpec } from '../spec';

export interface TestCheckpoint {
  specs: WeightSpec[];
  /** As the checkpoint holds them, by source name: already rounded to `dtype`. */
  weights: Map<string, Float32Array<ArrayBuffer>>;
  /** By file name. */
  files: Record<string, Uint8Array<ArrayBuffer>>;
}

export interface TestCheckpointOptions {
  seed?: number;
  dtype?: FloatType;
  /** Files the weights are spread over. */
  fileCount?: number;
}

/** A two-layer model in miniature, with widths that are no multiple of 32; about 180,000 weights. */
export function testSpecs(width = 100, vocabulary = 500): WeightSpec[] {
  const matrix = (name: string, role: WeightSpec['role'], rows: number[], width: number): WeightSpec => ({
    name,
    role,
    width,
    parts: rows.map((count, i) => ({ source: `source.${name}.${i}`, rows: count })),
  });
  const layer = (index: number): WeightSpec[] => [
    matrix(`layers.${index}.norm`, 'vector', [1], width),
    matrix(`layers.${index}.qkv`, 'attention', [width, 20, 20], width),
    matrix(`layers.${index}.gate_up`, 'feed-forward', [172, 172], width),
    matrix(`layers.${index}.down`, 'feed-forward', [width], 172),
  ];
  return [matrix('embedding', 'embedding', [vocabulary], width), ...layer(0), ...layer(1)];
}

export function describeTest(config: unknown): WeightSpec[] {
  return (config as { specs: WeightSpec[] }).specs;
}

export function testCheckpoint({
  seed = 1,
  dtype = 'BF16',
  fileCount = 1,
}: TestCheckpointOptions = {}): TestCheckpoint {
  const specs = testSpecs();
  const random = generator(seed);
  const weights = new Map<string, Float32Array<ArrayBuffer>>();
  const tensors: TestTensor[] = [];
  for (const { parts, width, role } of specs) {
    for (const { source, rows } of parts) {
      const values = Float32Array.from({ length: rows * width }, () => random() + random() - 1);
      const bytes = encodeFloats(values, dtype);
      weights.set(source, decodeFloatsPlainly(bytes, dtype));
      tensors.push({ name: source, dtype, shape: role === 'vector' ? [width] : [rows, width], bytes });
    }
  }
  tensors.sort((a, b) => hash(a.name) - hash(b.name)); // files are seldom in the order of the forward
  const files: TestCheckpoint['files'] = {
    'config.json': text(JSON.stringify({ specs })),
    'tokenizer.json': text('{"version":"1.0"}'),
  };
  if (fileCount === 1) files['model.safetensors'] = safetensors(tensors);
  else Object.assign(files, shardedFiles(tensors, fileCount));
  return { specs, weights, files };
}

export interface TestTensor {
  name: string;
  dtype: string;
  shape: number[];
  bytes: Uint8Array;
}

/** A well-formed file. */
export function safetensors(tensors: readonly TestTensor[]): Uint8Array<ArrayBuffer> {
  let end = 0;
  const header: Record<string, unknown> = { __metadata__: { format: 'pt' } };
  for (const { name, dtype, shape, bytes } of tensors) {
    header[name] = { dtype, shape, data_offsets: [end, (end += bytes.length)] };
  }
  return withHeader(JSON.stringify(header), ...tensors.map(({ bytes }) => bytes));
}

/** A file with whatever header, and a true length before it. */
export function withHeader(header: string, ...data: Uint8Array[]): Uint8Array<ArrayBuffer> {
  const json = text(header);
  const length = new Uint8Array(8);
  new DataView(length.buffer).setBigUint64(0, BigInt(json.length), true);
  return concat(length, json, ...data);
}

export function concat(...pieces: Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}

export function text(content: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(content);
}

/** Numbers in [0, 1) that depend on the seed alone (mulberry32). */
export function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

function shardedFiles(tensors: readonly TestTensor[], fileCount: number): TestCheckpoint['files'] {
  const files: TestCheckpoint['files'] = {};
  const weightMap: Record<string, string> = {};
  const perFile = Math.ceil(tensors.length / fileCount);
  for (let i = 0; i < fileCount; i++) {
    const path = `model-0000${i + 1}-of-0000${fileCount}.safetensors`;
    const own = tensors.slice(i * perFile, (i + 1) * perFile);
    for (const { name } of own) weightMap[name] = path;
    files[path] = safetensors(own);
  }
  files['model.safetensors.index.json'] = text(JSON.stringify({ metadata: {}, weight_map: weightMap }));
  return files;
}

export function encodeFloats(values: Float32Array, dtype: FloatType): Uint8Array<ArrayBuffer> {
  if (dtype === 'F32') return new Uint8Array(new Float32Array(values).buffer);
  return new Uint8Array((dtype === 'F16' ? encodeFloat16(values) : encodeBfloat16(values)).buffer);
}

/** Independent of the code under test: DataView and the definition of bf16; f16 through Math. */
export function decodeFloatsPlainly(bytes: Uint8Array<ArrayBuffer>, dtype: FloatType): Float32Array<ArrayBuffer> {
  const view = new DataView(bytes.buffer);
  if (dtype === 'F32') return Float32Array.from({ length: bytes.length / 4 }, (_, i) => view.getFloat32(4 * i, true));
  const scratch = new DataView(new ArrayBuffer(4));
  return Float32Array.from({ length: bytes.length / 2 }, (_, i) => {
    const bits = view.getUint16(2 * i, true);
    if (dtype === 'F16') return definedFloat16(bits);
    scratch.setUint16(0, bits);
    return scratch.getFloat32(0);
  });
}

function definedFloat16(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = (bits & 1023) / 1024;
  return exponent === 0 ? sign * fraction * 2 ** -14 : sign * (1 + fraction) * 2 ** (exponent - 15);
}

function hash(name: string): number {
  let value = 0;
  for (const letter of name) value = Math.imul(value, 31) + present(letter.codePointAt(0), 'letter');
  return value;
}
