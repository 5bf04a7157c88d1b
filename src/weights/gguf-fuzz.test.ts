/**
 * GGUF models with one or two things wrong in their structure, from header to packed weights: each is refused with a clear
 * error, or imported whole where what was changed does not matter.
 */
import { describe, expect, it } from 'vitest';
import { HearthError } from '../lib/errors';
import { modelLayout } from '../models/layouts';
import { WEIGHT_TYPES, type WeightType } from './formats/weight-types';
import { importModel } from './import';
import { MemoryStore } from './memory-store';
import { generator } from './testing/checkpoint';
import type { TestGguf, TestValue } from './testing/gguf';
import { ggufFile, ggufModel, splitFiles, type TestGgufTensor } from './testing/gguf-model';
import { FolderSource } from './testing/folder-source';

const SAMPLES = import.meta.env['HEARTH_DEEP'] ? 20_000 : 150;

/** Garbage of many imports included: a count or a size that is believed asks for far more at once. */
const MAX_GROWTH_BYTES = 1e9;

type Metadata = NonNullable<TestGguf['metadata']>;
type Random = () => number;

interface Draft {
  metadata: Metadata;
  tensors: TestGgufTensor[];
}

const TYPES = (WEIGHT_TYPES as WeightType[]).filter((type) => !type.endsWith('_K'));
const NUMBERS = [0, 1, -1, 2, 3, 7, 0xffff, 2 ** 31, 2 ** 32 - 1, 2n ** 53n + 1n, 2n ** 63n, 0.5, NaN, Infinity];

const pick = <T>(random: Random, items: readonly T[]): T => items[Math.floor(random() * items.length)]!;

/** Any value of any type, a list in a list excepted: the writer of tests cannot say one. */
function anyValue(random: Random): TestValue {
  const number = pick(random, NUMBERS);
  const whole = typeof number === 'bigint' || Number.isInteger(number) ? number : 1;
  return pick<TestValue>(random, [
    { type: 'u64', value: whole },
    { type: 'i32', value: whole },
    { type: 'u8', value: whole },
    { type: 'f32', value: Number(number) },
    { type: 'bool', value: random() < 0.5 },
    { type: 'string', value: pick(random, ['', 'llama', 'x'.repeat(1000), '\0', '../../etc']) },
    { list: 'u32', values: [] },
    { list: 'f32', values: [1, NaN, 3] },
    { list: 'string', values: ['a', 'b'] },
  ]);
}

const MUTATIONS: ((draft: Draft, random: Random) => void)[] = [
  ({ metadata }, random) => {
    const at = Math.floor(random() * metadata.length);
    (metadata as [string, TestValue][])[at] = [metadata[at]![0], anyValue(random)];
  },
  ({ metadata }, random) => void (metadata as unknown[]).splice(Math.floor(random() * metadata.length), 1),
  ({ metadata }, random) => void (metadata as unknown[]).push(pick(random, metadata)),
  ({ metadata }, random) => {
    const key = pick(random, [
      'split.count',
      'split.no',
      'general.alignment',
      'llama.rope.scaling.type',
      'llama.expert_count',
    ]);
    (metadata as [string, TestValue][]).push([key, anyValue(random)]);
  },
  ({ tensors }, random) => {
    const tensor = pick(random, tensors);
    tensor.type = pick(random, [0, 1, 2, 3, 4, 6, 8, 9, 12, 14, 20, 30, 39, 99, 2 ** 32 - 1]);
  },
  ({ tensors }, random) => {
    const tensor = pick(random, tensors);
    const sizes = [...tensor.sizes];
    sizes[Math.floor(random() * sizes.length)] = pick(random, [0, 1, 16, 32, 33, 2 ** 20, 2n ** 40n, 2n ** 63n]);
    tensor.sizes = sizes;
  },
  ({ tensors }, random) => {
    const tensor = pick(random, tensors);
    tensor.sizes = pick(random, [[], [...tensor.sizes].toReversed(), [...tensor.sizes, 1], [...tensor.sizes, 1, 1, 1, 1]]);
  },
  ({ tensors }, random) => {
    pick(random, tensors).name = pick(random, [
      pick(random, tensors).name,
      '',
      'blk.99.attn_q.weight',
      'rope_freqs.weight',
    ]);
  },
  ({ tensors }, random) => void tensors.splice(Math.floor(random() * tensors.length), 1),
  ({ tensors }, random) => {
    const { bytes } = pick(random, tensors);
    bytes.fill(pick(random, [0x7c, 0x7e, 0xff]), 0, Math.min(bytes.length, 64));
  },
];

/** A length, a count or a byte of the finished file, or its end. */
function damage(file: Uint8Array<ArrayBuffer>, random: Random): Uint8Array<ArrayBuffer> {
  const headerBytes = Math.min(file.length, 8000);
  const at = Math.floor(random() * (headerBytes - 8));
  const view = new DataView(file.buffer);
  if (random() < 0.3) return file.slice(0, Math.floor(random() * file.length));
  if (random() < 0.5)
    view.setBigUint64(random() < 0.3 ? 8 : at, BigInt.asUintN(64, BigInt(pick(random, [0, -1, 2 ** 40]))), true);
  else view.setUint8(at, Math.floor(random() * 256));
  return file;
}

/** One file or three, with up to two mutations. */
function mutant(seed: number): { files: Record<string, Uint8Array<ArrayBuffer>>; what: string } {
  const random = generator(seed);
  const { metadata, tensors } = ggufModel({
    seed,
    hidden: 32,
    feedForward: 32,
    heads: 2,
    kvHeads: 1,
    typeOf: () => pick(random, TYPES),
  });
  const draft: Draft = { metadata: [...metadata], tensors: tensors.map((tensor) => ({ ...tensor })) };
  const count = Math.floor(3 * random());
  for (let i = 0; i < count; i++) pick(random, MUTATIONS)(draft, random);
  const files =
    random() < 0.2
      ? splitFiles({ ...draft, expected: new Map() }, 3)
      : { 'a.gguf': ggufFile(draft.metadata, draft.tensors) };
  if (count < 2) {
    const path = pick(random, Object.keys(files));
    files[path] = damage(files[path]!, random);
  }
  return { files, what: `seed ${seed}` };
}

const describeModel = (json: unknown) => {
  const layout = modelLayout(json);
  return layout.weights(layout.readConfig(json));
};

const usedBytes = () => process.memoryUsage().heapUsed + process.memoryUsage().arrayBuffers;

describe('mutated GGUF models', () => {
  it('are refused with a clear error or imported whole, within bounded memory', async () => {
    const outcomes = { imported: 0, refused: 0 };
    const before = usedBytes();
    let most = 0;
    for (let seed = 1; seed <= SAMPLES; seed++) {
      const { files, what } = mutant(seed);
      const store = new MemoryStore();
      const file = Object.keys(files)[0]!;
      const job = { modelId: 'm', source: new FolderSource(files), file, store, describe: describeModel };
      try {
        const { manifest } = await importModel({ ...job, retry: { delaysMs: [], stallMs: 1000 } });
        expect(manifest.tensors.length, what).toBe(8);
        outcomes.imported++;
      } catch (error) {
        if (!(error instanceof HearthError)) throw new Error(`${what} threw ${String(error)}`, { cause: error });
        expect(error.code, `${what}: ${error.message}\n${error.stack}`).toMatch(
          /^(bad-file|unsupported-model|not-found)$/,
        );
        expect(error.message.length, what).toBeGreaterThan(20);
        outcomes.refused++;
      }
      most = Math.max(most, usedBytes() - before);
    }
    expect(most).toBeLessThan(MAX_GROWTH_BYTES);
    expect(outcomes.refused).toBeGreaterThan(SAMPLES / 2);
    expect(outcomes.imported).toBeGreaterThan(SAMPLES / 50);
  });
});
