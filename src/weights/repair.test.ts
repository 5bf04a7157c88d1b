/** A byte of a stored model flips: only what that shard was made of is fetched again. */
import { IDBFactory } from 'fake-indexeddb';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Hub, startHub } from '../../e2e/support/hub-server.mjs';
import type { HearthError } from '../lib/errors';
import { Importer } from './importer';
import { IndexedDbStore } from './indexed-db-store';
import { concat, describeTest, testCheckpoint } from './testing/checkpoint';
import { essence, storedModel } from './testing/stored';
import { wishFor } from './testing/wish';

const sizes = { shardBytes: 24 * 1024, blockBytes: 4096 };
const retry = { delaysMs: [1, 1], stallMs: 500 };
const checkpoint = testCheckpoint({ fileCount: 2 });

let hub: Hub;
let store: IndexedDbStore;
let importer: Importer;
beforeEach(async () => {
  hub = await startHub({ ...checkpoint.files }, { pieceBytes: 5000 });
  store = new IndexedDbStore(new IDBFactory());
  importer = new Importer({ store, describe: describeTest, sizes, retry });
  await importer.ensure('1', wishFor('m', hub.url), () => {});
  hub.log.length = 0;
});
afterEach(() => hub.close());

const repair = () => importer.repair('2', 'm', () => {});

const caught = (promise: Promise<unknown>) =>
  promise.then(
    () => expect.unreachable('it should have failed'),
    (error: unknown) => error as HearthError,
  );

async function flipByte(index: number, at = 1000): Promise<void> {
  const { importId } = (await store.manifest('m'))!;
  const bytes = new Uint8Array(await (await store.shard(importId, index))!.arrayBuffer());
  bytes[at]! ^= 1;
  await store.saveShard(importId, index, new Blob([bytes]));
}

describe('a damaged shard', () => {
  it('is made anew, and nothing else is fetched', async () => {
    const before = await essence(await storedModel(store, 'm'));
    await flipByte(3);
    expect(await repair()).toMatchObject({ damaged: [3] });
    expect(await essence(await storedModel(store, 'm'))).toEqual(before);

    const weights = hub.log.filter(({ path, status }) => path.endsWith('.safetensors') && status === 206);
    const headers = weights.filter(({ startBytes }) => startBytes === 0);
    const blocks = weights.filter(({ startBytes }) => startBytes > 0);
    expect(headers.length).toBe(2);
    expect(hub.log.filter(({ path }) => path === 'tokenizer.json')).toEqual([]);
    const fetched = blocks.reduce((sum, { endBytes, startBytes }) => sum + endBytes - startBytes, 0);
    // Two bytes a weight became about one.
    expect(fetched).toBeLessThanOrEqual(2 * sizes.shardBytes);
    expect(fetched).toBeGreaterThan(sizes.shardBytes);
    expect(blocks.every(({ startBytes, endBytes }) => endBytes - startBytes <= sizes.blockBytes)).toBe(true);
  });

  it('may be one of several, and may be gone altogether', async () => {
    const before = await essence(await storedModel(store, 'm'));
    await flipByte(0);
    const { importId } = (await store.manifest('m'))!;
    await store.saveShard(importId, 4, new Blob([]));
    expect((await repair()).damaged).toEqual([0, 4]);
    expect(await essence(await storedModel(store, 'm'))).toEqual(before);
  });

  it('that is none costs no request', async () => {
    expect((await repair()).damaged).toEqual([]);
    expect(hub.log).toEqual([]);
  });

  it('stays as it is when the source has other files by now', async () => {
    await flipByte(2);
    Object.assign(hub.files, testCheckpoint({ fileCount: 2, seed: 9 }).files);
    expect(await caught(repair())).toMatchObject({
      code: 'weights-corrupt',
      message: expect.stringMatching(/nothing proves that model-0000\d-of-00002.safetensors is still the file/),
    });
    expect((await importer.verify('3', 'm', () => {})).damaged).toEqual([2]);
  });

  it('stays as it is when the files lie about being the same', async () => {
    const { source, shards } = (await store.manifest('m'))!;
    await flipByte(shards.length - 1);
    for (const { path, etag } of source.files.filter(({ path }) => path.endsWith('.safetensors'))) {
      const forged = Uint8Array.from(checkpoint.files[path]!);
      forged.fill(0, forged.length - 50_000);
      hub.files[path] = { bytes: forged.length, etag: etag!, read: (start, end) => forged.subarray(start, end) };
    }
    expect(await caught(repair())).toMatchObject({
      code: 'weights-corrupt',
      message: expect.stringMatching(/made shard \d+ with checksum \w+ from it; expected \w+/),
    });
  });

  it('of a file that is a whole model is made of that file alone', async () => {
    const write = async (bytes: Uint8Array<ArrayBuffer>) => void pieces.push(bytes);
    const pieces: Uint8Array<ArrayBuffer>[] = [];
    await importer.export('2', 'm', write, () => {});
    hub.files = { 'mine.hearth.safetensors': concat(...pieces) };
    const source = { kind: 'hub', repository: hub.repository, baseUrl: hub.baseUrl } as const;
    await importer.remove('m');
    await importer.ensure('3', { modelId: 'm', source, origins: [hub.baseUrl] }, () => {});
    await flipByte(1);
    expect((await repair()).damaged).toEqual([1]);
    expect((await importer.verify('4', 'm', () => {})).damaged).toEqual([]);
  });

  it('for which there is no room is said so', async () => {
    await flipByte(1);
    store.saveShard = () => Promise.reject(new DOMException('full', 'QuotaExceededError'));
    expect(await caught(repair())).toMatchObject({
      code: 'storage-full',
      message: expect.stringMatching(/shard 2 of/),
    });
  });

  it('waits for the network', async () => {
    await flipByte(1);
    hub.options.fault = () => ({ status: 500 });
    expect(await caught(repair())).toMatchObject({ code: 'network' });
    hub.options.fault = undefined;
    expect((await repair()).damaged).toEqual([1]);
  });

  it('of a model that is not here is said so', async () => {
    expect(await caught(importer.repair('2', 'another', () => {}))).toMatchObject({ code: 'not-found' });
  });
});
