import { createHash } from 'node:crypto';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { type Hub, type HubOptions, startHub } from '../../e2e/support/hub-server.mjs';
import type { HearthError } from '../lib/errors';
import { packRows } from '../quant/pack';
import { type ImportJob, importModel, type ImportProgress } from './import';
import { MemoryStore } from './memory-store';
import { UrlSource } from './sources/url';
import { describeTest, text, type TestCheckpoint, testCheckpoint } from './testing/checkpoint';
import { essence, readTensor, storedModel } from './testing/stored';

/** Small enough that the checkpoint below becomes several shards of several blocks. */
const sizes = { shardBytes: 24 * 1024, blockBytes: 4096 };
const retry = { delaysMs: [1, 1, 1], stallMs: 500 };

let hub: Hub;
afterEach(() => hub.close());

/** Imports from a fresh hub. */
async function importFrom(checkpoint: TestCheckpoint, options: HubOptions = {}, job: Partial<ImportJob> = {}) {
  hub = await startHub({ ...checkpoint.files }, options);
  return importAgain(job);
}

/** Imports from the hub that runs. */
async function importAgain(job: Partial<ImportJob> = {}) {
  const store = job.store ?? new MemoryStore();
  const source = new UrlSource(hub.url);
  const imported = await importModel({ modelId: 'm', source, store, describe: describeTest, sizes, retry, ...job });
  return { ...imported, store, weights: await storedModel(store, 'm') };
}

const caught = (promise: Promise<unknown>) =>
  promise.then(
    () => expect.unreachable('it should have failed'),
    (error: unknown) => error as HearthError,
  );

/** The first request from each byte of each file is answered with an error. */
function failEachPlaceOnce(): NonNullable<HubOptions['fault']> {
  const seen = new Set<string>();
  return ({ path, startBytes }) => {
    const place = `${path} ${startBytes}`;
    return seen.has(place) || !seen.add(place) ? undefined : { status: 503 };
  };
}

describe('what is stored', () => {
  it.each(['BF16', 'F16', 'F32'] as const)('is the weights of a %s checkpoint, packed row by row', async (dtype) => {
    const checkpoint = testCheckpoint({ dtype });
    const { weights, manifest } = await importFrom(checkpoint);
    expect(manifest.shards.length).toBeGreaterThan(3);
    for (const { name, parts, width, role } of checkpoint.specs) {
      const found = await readTensor(weights, name);
      const whole = Float32Array.from(parts.flatMap(({ source }) => [...checkpoint.weights.get(source)!]));
      if (role === 'vector') expect(found.format).toEqual({ kind: 'f32' });
      expect(found).toEqual(packRows(whole, whole.length / width, width, found.format));
    }
  });

  it('has every matrix of a very small model as int8', async () => {
    const { manifest } = await importFrom(testCheckpoint());
    const kinds = new Set(manifest.tensors.map(({ format }) => format.kind));
    expect([...kinds].sort((a, b) => a.localeCompare(b))).toEqual(['f32', 'int8']);
  });

  it.each(['int4', 'int8', 'f16', 'bf16', 'f32'] as const)('is %s throughout when asked for', async (precision) => {
    const { manifest, weights } = await importFrom(testCheckpoint(), {}, { precision });
    for (const { name, format } of manifest.tensors) {
      expect(format.kind).toBe(name.endsWith('norm') ? 'f32' : precision);
      expect(await readTensor(weights, name)).toMatchObject({ format });
    }
  });

  it('keeps the texts and the SHA-256 of every file', async () => {
    const { files } = testCheckpoint({ fileCount: 3 });
    const template = '<|im_start|>{{ messages[0].content }}';
    const all = { ...files, 'chat_template.jinja': text(template), 'generation_config.json': text('{"top_k":5}') };
    const { manifest } = await importFrom({ ...testCheckpoint(), files: all });
    expect(manifest.texts['chat_template.jinja']).toBe(template);
    expect(manifest.texts['generation_config.json']).toBe('{"top_k":5}');
    expect(manifest.texts).not.toHaveProperty('tokenizer_config.json');
    for (const [path, bytes] of Object.entries(all).filter(([path]) => !path.endsWith('.index.json'))) {
      const sha256 = createHash('sha256').update(bytes).digest('hex');
      expect(manifest.source.files).toContainEqual(expect.objectContaining({ path, bytes: bytes.length, sha256 }));
    }
    expect(manifest.source.url).toBe(hub.url);
  });

  it.each<[string, HubOptions]>([
    ['redirects', { redirects: true }],
    ['no sizes', { sizes: false }],
    ['neither ETags nor dates', { validators: false }],
    ['cut connections', { fault: ({ attempt }) => (attempt % 2 === 1 ? { cutAfterBytes: 60_000 } : {}) }],
    ['one byte after another', { pieceBytes: 777 }],
    ['a server that fails now and then', { fault: failEachPlaceOnce() }],
  ])('is the same, byte for byte, over %s', async (_, options) => {
    const checkpoint = testCheckpoint();
    const plain = await essence((await importFrom(checkpoint)).weights);
    await hub.close();
    expect(await essence((await importFrom(checkpoint, options)).weights)).toEqual(plain);
  });

  it('is the same, byte for byte, from a server without ranges when the formats are given', async () => {
    const checkpoint = testCheckpoint({ fileCount: 2 });
    const plain = await essence((await importFrom(checkpoint, {}, { precision: 'int4' })).weights);
    await hub.close();
    const other = await importFrom(checkpoint, { ranges: false }, { precision: 'int4' });
    expect(await essence(other.weights)).toEqual(plain);
  });

  it('is chosen by role where a server has no ranges: nothing is downloaded for the choice', async () => {
    const { manifest } = await importFrom(testCheckpoint(), { ranges: false });
    expect(manifest.tensors.some(({ format }) => format.kind === 'int8')).toBe(true);
    const downloads = hub.log.filter(({ path }) => path === 'model.safetensors');
    expect(downloads).toHaveLength(2); // the header, and everything
  });
});

describe('an import', () => {
  it('reports bytes that only grow and end at the total', async () => {
    const reports: ImportProgress[] = [];
    const checkpoint = testCheckpoint({ fileCount: 2 });
    await importFrom(checkpoint, {}, { onProgress: (progress) => reports.push(progress) });
    const totalBytes = Object.entries(checkpoint.files)
      .filter(([path]) => path.endsWith('.safetensors'))
      .reduce((sum, [, { length }]) => sum + length, 0);
    expect(reports[0]).toEqual({ phase: 'check', loadedBytes: 0, totalBytes: 0 });
    expect(reports.at(-1)).toEqual({ phase: 'store', loadedBytes: totalBytes, totalBytes });
    const loaded = reports.filter(({ phase }) => phase === 'download').map(({ loadedBytes }) => loadedBytes);
    expect(loaded).toEqual(loaded.toSorted((a, b) => a - b));
    expect(loaded.at(-1)).toBe(totalBytes);
  });

  it('fetches from the given folder and from nowhere else', async () => {
    const fetched: string[] = [];
    const real = globalThis.fetch;
    vi.stubGlobal('fetch', (url: string, init: RequestInit) => {
      fetched.push(url);
      return real(url, init);
    });
    try {
      await importFrom(testCheckpoint({ fileCount: 2 }));
    } finally {
      vi.unstubAllGlobals();
    }
    expect(fetched.length).toBeGreaterThan(5);
    expect(fetched.filter((url) => !url.startsWith(hub.url))).toEqual([]);
  });

  it('starts over when a file changes under it, and stores the new one', async () => {
    const [before, after] = [testCheckpoint({ seed: 1 }), testCheckpoint({ seed: 2 })];
    const expected = await essence((await importFrom(after)).weights);
    await hub.close();
    let changed = false;
    const { weights, store, manifest } = await importFrom(before, {
      fault({ path, startBytes }) {
        if (changed || path !== 'model.safetensors' || startBytes === 0) return undefined;
        changed = true;
        Object.assign(hub.files, after.files); // from the next request on
        return { cutAfterBytes: 100_000 };
      },
    });
    expect(changed).toBe(true);
    expect(await essence(weights)).toEqual(expected);
    expect(await store.shard(manifest.importId, 0)).not.toBeNull();
  });

  it('gives up on a file that changes all the time', async () => {
    let seed = 0;
    const checkpoint = testCheckpoint();
    const error = await caught(
      importFrom(checkpoint, {
        fault({ path }) {
          if (path === 'model.safetensors') Object.assign(hub.files, testCheckpoint({ seed: ++seed }).files);
          return undefined;
        },
      }),
    );
    expect(error).toMatchObject({ code: 'network', message: expect.stringMatching(/changed during the download/) });
    expect(error.hint).toMatch(/start again/);
  });

  it('replaces an older one only when it is whole, and then deletes the old shards', async () => {
    const old = await importFrom(testCheckpoint({ seed: 1 }));
    const { store } = old;
    Object.assign(hub.files, testCheckpoint({ seed: 2 }).files);
    hub.options.fault = ({ startBytes }) => (startBytes > 0 ? { cutAfterBytes: 0 } : undefined);
    await caught(importAgain({ store }));
    expect(await store.manifest('m')).toEqual(old.manifest);
    await storedModel(store, 'm').then(essence); // reads every shard of the old one

    hub.options.fault = undefined;
    const renewed = await importAgain({ store });
    expect(await store.manifest('m')).toEqual(renewed.manifest);
    expect(await store.shard(old.manifest.importId, 0)).toBeNull();
  });
});

describe('a model that is none', () => {
  /** The error of an import of the checkpoint with these files changed (null: taken away). */
  async function errorOf(changes: Record<string, Uint8Array | null>, options: HubOptions = {}) {
    const checkpoint = testCheckpoint();
    const files = { ...checkpoint.files, ...changes };
    const present = Object.fromEntries(Object.entries(files).filter(([, bytes]) => bytes !== null));
    const store = new MemoryStore();
    const error = await caught(importFrom({ ...checkpoint, files: present } as TestCheckpoint, options, { store }));
    expect(await store.manifests()).toEqual([]);
    return error;
  }

  it.each<[string, Record<string, Uint8Array | null>, string, RegExp]>([
    ['no config.json', { 'config.json': null }, 'not-found', /no file at .*config\.json/],
    ['no tokenizer.json', { 'tokenizer.json': null }, 'not-found', /no file at .*tokenizer\.json/],
    [
      'no weights',
      { 'model.safetensors': null },
      'not-found',
      /neither model\.safetensors nor model\.safetensors\.index/,
    ],
    ['a config.json cut off', { 'config.json': text('{"specs":[') }, 'bad-file', /config\.json is not JSON/],
    [
      'a web page as config.json',
      { 'config.json': text('<!DOCTYPE html>') },
      'bad-file',
      /HTML page at .*config\.json/,
    ],
    [
      'a web page as weights',
      { 'model.safetensors': text('\n<html><body>') },
      'bad-file',
      /HTML page at .*safetensors/,
    ],
    ['weights of a few bytes', { 'model.safetensors': text('PK\x03\x04') }, 'bad-file', /ends after 4 bytes/],
  ])('is refused: %s', async (_, changes, code, message) => {
    expect(await errorOf(changes)).toMatchObject({ code, message: expect.stringMatching(message) });
  });

  it('is refused: web pages with status 200 wherever a file should be', async () => {
    const error = await errorOf({}, { fault: () => ({ html: true }) });
    expect(error).toMatchObject({ code: 'bad-file', message: expect.stringMatching(/Found an HTML page at/) });
  });

  it('but web pages where optional files could be mean that there are none', async () => {
    const optional = ['tokenizer_config.json', 'generation_config.json', 'chat_template.jinja'];
    const { manifest } = await importFrom(testCheckpoint(), {
      fault: ({ path }) => (optional.includes(path) ? { html: true } : undefined),
    });
    expect(Object.keys(manifest.texts).sort()).toEqual(['config.json', 'tokenizer.json']);
  });

  it.each([
    ['{}', /no weight_map/],
    ['{"weight_map":{"a":"https://elsewhere.org/a.safetensors"}}', /names the file "https/],
    ['{"weight_map":{"a":"../a.safetensors"}}', /names the file "\.\.\/a/],
    ['{"weight_map":{"a":7}}', /names the file 7/],
  ])('is refused: the index %s', async (index, message) => {
    const error = await errorOf({ 'model.safetensors': null, 'model.safetensors.index.json': text(index) });
    expect(error).toMatchObject({ code: 'bad-file', message: expect.stringMatching(message) });
  });

  it('is refused: one tensor in two files', async () => {
    const { files } = testCheckpoint({ fileCount: 2 });
    const [first, second] = Object.keys(files).filter((path) => path.endsWith('.safetensors'));
    const error = await errorOf({ ...files, [second!]: files[first!]!, 'model.safetensors': null });
    expect(error).toMatchObject({ code: 'bad-file', message: expect.stringMatching(/^Tensor ".*" is in .* and in/) });
  });

  it('is refused: a weight that is not a number, with the name of its tensor', async () => {
    const weights = testCheckpoint({ dtype: 'F32' }).files['model.safetensors']!;
    weights.fill(0xff, weights.length - 4); // NaN
    const error = await errorOf({ 'model.safetensors': weights });
    expect(error).toMatchObject({
      code: 'bad-file',
      message: expect.stringMatching(/Tensor "source\..*" cannot be packed/),
    });
  });
});
