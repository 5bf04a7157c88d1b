import { describe, expect, it } from 'vitest';
import { HearthError } from '../lib/errors';
import { modelLayout } from '../models/layouts';
import { DEFAULT_INT4 } from '../quant/choose';
import { formatName } from '../quant/format';
import { SCALE_OFFSETS } from '../quant/ggml/testing/random-blocks';
import { packRows } from '../quant/pack';
import { WEIGHT_TYPES, type WeightType } from './formats/weight-types';
import { type ImportJob, importModel } from './import';
import { MemoryStore } from './memory-store';
import { generator } from './testing/checkpoint';
import { ggufFile, ggufModel, splitFiles } from './testing/gguf-model';
import { FolderSource } from './testing/folder-source';
import { readTensor, readWeights, storedModel } from './testing/stored';

const MIXES = import.meta.env['HEARTH_DEEP'] ? 200 : 3;
const TYPES = WEIGHT_TYPES as readonly WeightType[];

/** Small enough that every matrix is cut into blocks, and some into shards. */
const sizes = { shardBytes: 16_000, blockBytes: 4_000 };

/** Rows of whole blocks of every type, and sizes in proportion. */
const WIDE = { hidden: 256, feedForward: 256 };
const wideSizes = { shardBytes: 100_000, blockBytes: 50_000 };

const describeModel = (json: unknown) => {
  const layout = modelLayout(json);
  return layout.weights(layout.readConfig(json));
};

type Files = Record<string, Uint8Array<ArrayBuffer>>;

async function importFiles(files: Files, file: string, job: Partial<ImportJob> = {}) {
  const store = new MemoryStore();
  const source = job.source ?? new FolderSource(files);
  await importModel({ modelId: 'm', source, file, store, describe: describeModel, sizes, ...job });
  return storedModel(store, 'm');
}

const refusal = (promise: Promise<unknown>) =>
  promise.then(
    () => expect.unreachable('it should have failed'),
    (error: unknown) => error as HearthError,
  );

/** The bits of each number; a zero has no sign. */
const bitsOf = (weights: Float32Array) => Buffer.from(weights.map((weight) => weight + 0).buffer);

describe('the stored weights of a GGUF file', () => {
  it.each(TYPES)('are those of its %s blocks, bit by bit', async (type) => {
    const isWide = type.endsWith('_K');
    const model = ggufModel({ typeOf: () => type, ...(isWide && WIDE) });
    const files = { 'tiny.gguf': ggufFile(model.metadata, model.tensors) };
    const weights = await importFiles(files, 'tiny.gguf', isWide ? { sizes: wideSizes } : {});
    expect(weights.manifest.shards.length).toBeGreaterThan(1);
    for (const [name, expected] of model.expected) {
      expect(bitsOf(await readWeights(weights, name)).equals(bitsOf(expected)), name).toBe(true);
    }
  });

  it('are the same bits when the tensors are of many types, parts of one matrix and gates and ups included', async () => {
    for (let seed = 1; seed <= MIXES; seed++) {
      const random = generator(seed);
      const model = ggufModel({ ...WIDE, seed, typeOf: () => TYPES[Math.floor(random() * TYPES.length)]! });
      const files = { 'tiny.gguf': ggufFile(model.metadata, model.tensors) };
      const weights = await importFiles(files, 'tiny.gguf', { sizes: wideSizes });
      for (const [name, expected] of model.expected) {
        expect(bitsOf(await readWeights(weights, name)).equals(bitsOf(expected)), `${name}, seed ${seed}`).toBe(true);
      }
    }
  });

  it('take the space of their own types in Q4_K_M, but gates and ups of two types that of a common one', async () => {
    const types: Record<string, WeightType> = { attn_v: 'Q6_K', ffn_gate: 'Q4_0', token_embd: 'Q6_K' };
    const model = ggufModel({ ...WIDE, typeOf: (name) => types[name.split('.').at(-2)!] ?? 'Q4_K' });
    const files = { 'tiny.gguf': ggufFile(model.metadata, model.tensors) };
    const { manifest } = await importFiles(files, 'tiny.gguf', { sizes: wideSizes });
    const formats = manifest.tensors.map(({ name, format, slabs }) => {
      const own = new Set(slabs.map((slab) => formatName(slab.format ?? format)));
      return [name, [...own].join(', ')];
    });
    expect(Object.fromEntries(formats)).toMatchObject({
      embedding: 'int8 g16 symmetric f32',
      'layers.0.qkv': 'int4 g32 affine f32, int8 g16 symmetric f32',
      'layers.0.o': 'int4 g32 affine f32',
      'layers.0.gate_up': 'int8 g32 affine f32',
    });
  });

  it('are rounded anew, from what the file says, to the precision that a person chose', async () => {
    const model = ggufModel({ typeOf: (name) => (name.includes('attn') ? 'Q5_1' : 'F16') });
    const files = { 'tiny.gguf': ggufFile(model.metadata, model.tensors) };
    const weights = await importFiles(files, 'tiny.gguf', { precision: 'int4' });
    const whole = model.expected.get('layers.0.o')!;
    expect(await readTensor(weights, 'layers.0.o')).toEqual(packRows(whole, 64, 64, DEFAULT_INT4));
  });
});

describe('a split model', () => {
  const model = ggufModel({ typeOf: () => 'Q8_0' });
  const files = splitFiles(model, 3);
  const [first, second, third] = Object.keys(files) as [string, string, string];

  it('is read whole, by the name of any part', async () => {
    for (const path of [first, third]) {
      const weights = await importFiles(files, path);
      expect(weights.manifest.source.files.map((file) => file.path)).toEqual([first, second, third]);
      for (const [name, expected] of model.expected) {
        expect(bitsOf(await readWeights(weights, name)).equals(bitsOf(expected)), name).toBe(true);
      }
    }
  });

  it('names the part that is missing', async () => {
    const { code, message, hint } = await refusal(
      importFiles({ [first]: files[first]!, [third]: files[third]! }, first),
    );
    expect(code).toBe('not-found');
    expect(message).toContain(`Part 2 of 3, ${second}, is missing`);
    expect(hint).toContain('all 3 parts');
  });

  it.each([
    ['a part under the name of another', { ...files, [second]: files[third]! }, second],
    ['the first part under a plain name', { 'tiny.gguf': files[first]! }, 'tiny.gguf'],
  ])('refuses %s', async (_, renamed, path) => {
    const { code, message } = await refusal(importFiles(renamed, path));
    expect(code).toBe('bad-file');
    expect(message).toMatch(/has split\.no \d and split\.count 3; expected/);
  });

  it('refuses parts that do not add up', async () => {
    const fewer = { ...model, tensors: model.tensors.slice(1) };
    const { code, message } = await refusal(importFiles({ ...files, [third]: splitFiles(fewer, 3)[third]! }, first));
    expect(code).toBe('bad-file');
    expect(message).toMatch(/hold \d+ tensors; expected 11/);
  });
});

describe('opening a GGUF file', () => {
  const model = ggufModel();

  it.each([true, false])('reads a long header in growing pieces (size of the file known: %s)', async (sizesKnown) => {
    const long = 'x'.repeat(3_000_000);
    const metadata = [...model.metadata, ['general.description', { type: 'string', value: long }] as const];
    const source = new FolderSource({ 'tiny.gguf': ggufFile(metadata, model.tensors) }, sizesKnown);
    const weights = await importFiles({}, 'tiny.gguf', { source });
    expect(bitsOf(await readWeights(weights, 'layers.0.o')).equals(bitsOf(model.expected.get('layers.0.o')!))).toBe(
      true,
    );
  });

  it.each([true, false])('refuses a file that ends within its header (size known: %s)', async (sizesKnown) => {
    const whole = ggufFile(model.metadata, model.tensors);
    const source = new FolderSource({ 'a.gguf': whole.slice(0, 5000) }, sizesKnown);
    const { code, message } = await refusal(
      importFiles({}, 'a.gguf', { source, retry: { delaysMs: [1], stallMs: 100 } }),
    );
    expect(code).toBe(sizesKnown ? 'bad-file' : 'network');
    expect(message).toContain('a.gguf');
  });

  it('reads little more than the header before the weights', async () => {
    const source = new FolderSource({ 'tiny.gguf': ggufFile(model.metadata, model.tensors) });
    const stopped = new HearthError('aborted', 'Far enough.');
    const describe = () => {
      throw stopped;
    };
    expect(await refusal(importFiles({}, 'tiny.gguf', { source, describe }))).toBe(stopped);
    expect(source.readBytes).toBeLessThan(70_000);
    expect(source.files['tiny.gguf']!.length).toBeGreaterThan(150_000);
  });

  it('names a tensor of a type that is not known, and the types that are', async () => {
    const tensors = model.tensors.map((tensor, i) => (i === 3 ? { ...tensor, type: 20 } : tensor));
    const { code, message } = await refusal(importFiles({ 'a.gguf': ggufFile(model.metadata, tensors) }, 'a.gguf'));
    expect(code).toBe('unsupported-model');
    expect(message).toBe(
      'Tensor "blk.0.attn_v.weight" is of type IQ4_NL; weights can be read as BF16, F16, F32, Q4_0, Q4_1, Q5_0, Q5_1, Q8_0, Q4_K, Q5_K, Q6_K.',
    );
  });

  it('names the tensor with a scale that is no number', async () => {
    const { metadata, tensors } = ggufModel({ ...WIDE, typeOf: () => 'Q4_K' });
    const { bytes } = tensors[2]!;
    new DataView(bytes.buffer).setUint16(5 * 144 + SCALE_OFFSETS.Q4_K[0]!, 0x7e00, true);
    const { code, message } = await refusal(importFiles({ 'a.gguf': ggufFile(metadata, tensors) }, 'a.gguf'));
    expect(code).toBe('bad-file');
    expect(message).toContain('Tensor "model.layers.0.self_attn.k_proj.weight" cannot be packed: Found the scale NaN');
  });

  it('refuses keys whose rows are no whole heads', async () => {
    const metadata = model.metadata.map((entry) =>
      entry[0] === 'llama.attention.head_count_kv' ? ([entry[0], { type: 'u32', value: 3 }] as const) : entry,
    );
    const { code, message } = await refusal(importFiles({ 'a.gguf': ggufFile(metadata, model.tensors) }, 'a.gguf'));
    expect(code).toBe('bad-file');
    expect(message).toMatch(/has 32 rows for 3 heads; expected whole heads/);
  });

  it('refuses biases that would have to be moved with their rows', async () => {
    const bias = { ...model.tensors.at(-1)!, name: 'blk.0.attn_q.bias' };
    const file = ggufFile(model.metadata, [...model.tensors, bias]);
    const { code, message } = await refusal(importFiles({ 'a.gguf': file }, 'a.gguf'));
    expect(code).toBe('unsupported-model');
    expect(message).toContain('"blk.0.attn_q.bias"');
  });
});
