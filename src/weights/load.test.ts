import { describe, expect, it } from 'vitest';
import { PACKED_FORMAT_VERSION } from '../quant/format';
import { blobChecksum, checksum, createSha256 } from './hash';
import { openStoredWeights, openWeightsInMemory } from './load';
import type { Manifest } from './manifest';
import { MemoryStore } from './memory-store';

const contents = [Uint8Array.of(1, 2, 3, 4), Uint8Array.from({ length: 1000 }, (_, i) => i)];

async function manifestOf(changes: Partial<Manifest> = {}): Promise<Manifest> {
  return {
    formatVersion: PACKED_FORMAT_VERSION,
    modelId: 'tales',
    importId: 'i',
    source: { url: 'http://x/', files: [] },
    texts: { 'config.json': '{}', 'tokenizer.json': '{}' },
    tensors: [],
    shards: await Promise.all(
      contents.map(async (bytes) => ({ bytes: bytes.length, checksum: await checksum(bytes) })),
    ),
    createdAt: '2026-01-01T00:00:00.000Z',
    ...changes,
  };
}

async function storeWith(manifest: Manifest, shards: Uint8Array<ArrayBuffer>[] = contents): Promise<MemoryStore> {
  const store = new MemoryStore();
  await store.finish(manifest);
  for (const [index, bytes] of shards.entries()) await store.saveShard(manifest.importId, index, new Blob([bytes]));
  return store;
}

describe('a stored model', () => {
  it('is read shard by shard', async () => {
    const weights = await openStoredWeights(await storeWith(await manifestOf()), 'tales');
    expect(weights?.manifest.modelId).toBe('tales');
    expect(new Uint8Array(await (await weights!.readShard(1)).arrayBuffer())).toEqual(contents[1]);
  });

  it('is absent when nothing is stored, or when its bits have another meaning by now', async () => {
    expect(await openStoredWeights(new MemoryStore(), 'tales')).toBeNull();
    const old = await storeWith(await manifestOf({ formatVersion: PACKED_FORMAT_VERSION - 1 }));
    expect(await openStoredWeights(old, 'tales')).toBeNull();
  });

  it.each([0, 500, 999])('is corrupt when one bit of byte %i is another', async (at) => {
    const flipped = contents[1]!.slice();
    flipped[at]! ^= 1;
    const weights = await openStoredWeights(await storeWith(await manifestOf(), [contents[0]!, flipped]), 'tales');
    await weights!.readShard(0);
    await expect(weights!.readShard(1)).rejects.toMatchObject({
      code: 'weights-corrupt',
      message: expect.stringMatching(
        /^Shard 2 of 2 of "tales" has 1000 bytes with checksum [0-9a-f]{16}; expected 1000 bytes/,
      ),
      hint: expect.stringMatching(/download it again/),
    });
  });

  it('is corrupt when a shard is shorter, or missing, or cannot be read', async () => {
    const short = await openStoredWeights(await storeWith(await manifestOf(), [contents[0]!, contents[0]!]), 'tales');
    await expect(short!.readShard(1)).rejects.toMatchObject({
      message: expect.stringMatching(/has 4 bytes.* expected 1000/),
    });
    const missing = await openStoredWeights(await storeWith(await manifestOf(), [contents[0]!]), 'tales');
    await expect(missing!.readShard(1)).rejects.toMatchObject({
      code: 'weights-corrupt',
      message: expect.stringMatching(/not in/),
    });
    const store = await storeWith(await manifestOf());
    store.shard = () => Promise.reject(new DOMException('The file is gone.', 'NotReadableError'));
    const unreadable = await openStoredWeights(store, 'tales');
    await expect(unreadable!.readShard(0)).rejects.toMatchObject({ code: 'weights-corrupt' });
  });

  it('in memory is checked in the same way', async () => {
    const manifest = await manifestOf();
    const shards = contents.map((bytes) => new Blob([bytes]));
    expect((await openWeightsInMemory({ manifest, shards }).readShard(0)).size).toBe(4);
    const swapped = openWeightsInMemory({ manifest, shards: shards.toReversed() });
    await expect(swapped.readShard(0)).rejects.toMatchObject({ code: 'weights-corrupt' });
  });
});

describe('hashes', () => {
  it('are those of the specifications', async () => {
    const sha256 = await createSha256();
    expect(sha256.update('abc').digest()).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'); // FIPS 180-2
    expect(await checksum(new Uint8Array())).toBe('ef46db3751d8e999'); // xxHash64 of nothing, seed 0
  });

  it('of a Blob are those of its bytes, beyond one slice too', async () => {
    const bytes = new Uint8Array(8 * 2 ** 20 + 5).fill(7);
    expect(await blobChecksum(new Blob([bytes]))).toBe(await checksum(bytes));
  });
});
