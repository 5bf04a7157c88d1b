/** Vectors of several parts, and parts that something is added to: from the checkpoint to the buffer they are bound from. */
import { expect, it } from 'vitest';
import { uploadWeights } from '../engine/upload';
import { CpuBackend } from '../gpu/cpu-backend';
import { importModel } from './import';
import { MemoryStore } from './memory-store';
import type { WeightSpec } from './spec';
import { safetensors, text } from './testing/checkpoint';
import { FolderSource } from './testing/folder-source';
import { storedModel } from './testing/stored';

const SPECS: WeightSpec[] = [
  {
    name: 'bias',
    role: 'vector',
    width: 40,
    parts: [
      { source: 'q.bias', rows: 3 },
      { source: 'k.bias', rows: 1 },
    ],
  },
  { name: 'norm', role: 'vector', width: 5, parts: [{ source: 'norm', rows: 1, plus: 1 }] },
];

const VALUES = {
  norm: Float32Array.of(-1, 0, 0.25, 1, 2),
  'k.bias': Float32Array.from({ length: 40 }, (_, i) => -1 - i),
  'q.bias': Float32Array.from({ length: 120 }, (_, i) => i),
};

const importWith = async (shapes: Record<string, number[]>, shardBytes: number) => {
  const tensors = Object.entries(VALUES).map(([name, values]) => {
    return { name, dtype: 'F32', shape: shapes[name] ?? [values.length], bytes: new Uint8Array(values.buffer) };
  });
  const files = {
    'config.json': text('{}'),
    'tokenizer.json': text('{"version":"1.0"}'),
    'model.safetensors': safetensors(tensors),
  };
  const store = new MemoryStore();
  const sizes = { shardBytes, blockBytes: 256 };
  await importModel({ modelId: 'm', source: new FolderSource(files), store, describe: () => SPECS, sizes });
  return storedModel(store, 'm');
};

// Shards of one row and of all of them.
it.each([256, 4096])('arrive row by row, zero beyond each width, from shards of %i bytes', async (shardBytes) => {
  const backend = new CpuBackend();
  const weights = await uploadWeights(backend, await importWith({}, shardBytes), SPECS);
  const read = async (name: string) => new Float32Array(await backend.read(weights.vector(name)));
  const rows = [0, 40, 80].map((first) => VALUES['q.bias'].subarray(first, first + 40));
  const padded = [...rows, VALUES['k.bias']].flatMap((row) => [...row, ...new Float32Array(24)]);
  expect([...(await read('bias'))]).toEqual(padded);
  expect([...(await read('norm')).subarray(0, 6)]).toEqual([0, 1, 1.25, 2, 3, 0]);
});

it('are refused in another shape than one row', async () => {
  const message = expect.stringMatching(/"q.bias" has shape \[3, 40\].*\[120\]/) as string;
  await expect(importWith({ 'q.bias': [3, 40] }, 4096)).rejects.toMatchObject({ code: 'bad-file', message });
});
