/** Sources of every kind, from a server that behaves like a hub. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Hub, startHub } from '../../../e2e/support/hub-server.mjs';
import type { HearthError } from '../../lib/errors';
import { type FetchableSource, openSource, sourceId } from './open-source';
import { chooseFile, ggufModels } from './choose-file';
import { type Access, getWith } from './http';
import { readRange } from './reader';

const content = Uint8Array.from({ length: 5000 }, (_, i) => i % 251);
const retry = { delaysMs: [1, 1], stallMs: 500 };

let hub: Hub;
beforeEach(async () => void (hub = await startHub({ 'model.safetensors': content, 'config.json': content })));
afterEach(() => hub.close());

const open = (source: Partial<Extract<FetchableSource, { kind: 'hub' }>> = {}, access: Partial<Access> = {}) =>
  openSource(
    { kind: 'hub', repository: hub.repository, baseUrl: hub.baseUrl, ...source },
    getWith({ origins: [hub.baseUrl], ...access }),
    { retry },
  );

const caught = (promise: Promise<unknown>) =>
  promise.then(
    () => expect.unreachable('it should have failed'),
    (error: unknown) => error as HearthError,
  );

describe('a repository', () => {
  it('is pinned to the commit that its list names, and its large files to their digests', async () => {
    const { source, file } = await open();
    expect(file).toBeNull();
    expect(source.url).toBe(`${hub.baseUrl}/some-one/some-model/resolve/${hub.commit}/`);
    expect(source.sha256!('model.safetensors')).toMatch(/^[\da-f]{64}$/);
    expect(source.sha256!('config.json')).toBeNull();
    expect(await readRange(source, 'model.safetensors', 10, 20, null, { retry })).toEqual(content.slice(10, 20));
    expect(hub.listings).toEqual([{ path: '/api/models/some-one/some-model/revision/main' }]);
  });

  it('of several GGUF files, none of them Q4_K_M, opens with the first', async () => {
    hub.files = { 'a-Q5_0.gguf': content, 'a-Q8_0.gguf': content };
    expect((await open()).file).toBe('a-Q5_0.gguf');
    expect((await open({ file: 'Q8_0' })).file).toBe('a-Q8_0.gguf');
  });

  it('is not asked for files that it does not list', async () => {
    const { source } = await open();
    expect(await caught(readRange(source, 'chat_template.jinja', 0, 1, null, { retry }))).toMatchObject({
      code: 'not-found',
    });
    expect(hub.log).toEqual([]);
  });

  it('that is not there, or not at this revision, is said so', async () => {
    expect(await caught(open({ repository: 'no/such' }))).toMatchObject({
      code: 'not-found',
      message: expect.stringMatching(/has no repository no\/such with a revision main/),
    });
    expect(await caught(open({ revision: 'refs/pr/1' }))).toMatchObject({ code: 'not-found' });
    expect(hub.listings.at(-1)?.path).toContain('refs%2Fpr%2F1');
  });

  it('that is gated asks for a token, and opens with it', async () => {
    hub.options.token = 'hf_secret';
    const error = await caught(open());
    expect(error).toMatchObject({ code: 'not-found', hint: expect.stringMatching(/Agree to its terms at .* token/) });
    const { source } = await open({}, { tokenFor: () => Promise.resolve('hf_secret') });
    expect(await readRange(source, 'model.safetensors', 0, 5, null, { retry })).toEqual(content.slice(0, 5));
  });
});

describe('a request', () => {
  it('carries the token to its own host and to no other, also when that host redirects', async () => {
    Object.assign(hub.options, { token: 'hf_secret', redirects: true });
    const asked: string[] = [];
    const tokenFor = (origin: string) => {
      asked.push(origin);
      return Promise.resolve(origin === hub.baseUrl ? 'hf_secret' : 'another');
    };
    const { source } = await open({}, { tokenFor });
    expect(await readRange(source, 'model.safetensors', 0, 5000, null, { retry })).toEqual(content);
    expect(new Set(asked)).toEqual(new Set([hub.baseUrl]));
    expect(hub.authorizations.length).toBeGreaterThan(1);
    expect(new Set(hub.authorizations.map(({ place }) => place))).toEqual(new Set(['hub']));
  });

  it.each([
    ['https://x.example/a/b.gguf?sig=1&x=%2F', 'b.gguf', 'https://x.example/a/b.gguf?sig=1&x=%2F'],
    ['https://x.example/a/?sig=1', 'sub/b c.json', 'https://x.example/a/sub/b%20c.json?sig=1'],
    ['https://x.example/a/', 'config.json', 'https://x.example/a/config.json'],
  ])('for %s keeps what is behind the path, and tells nobody', async (url, path, expected) => {
    const asked: string[] = [];
    const get = (address: string) => {
      asked.push(address);
      return Promise.resolve(new Response(content));
    };
    const { source } = await openSource({ kind: 'url', url }, get, {});
    await readRange(source, path, 0, 5, null, { retry });
    expect(asked).toEqual([expected]);
    expect(source.url).toBe('https://x.example/a/');
  });

  it('to a host that nobody chose is refused before it is sent', async () => {
    const error = await caught(open({}, { origins: ['https://huggingface.co'] }));
    const { host } = new URL(hub.baseUrl);
    expect(error).toMatchObject({
      code: 'bad-request',
      message: expect.stringContaining(host),
      hint: expect.stringMatching(/allow it/),
    });
    expect(hub.listings).toEqual([]);
  });
});

describe('the choice among files', () => {
  const choose = (paths: string[], wanted?: string) =>
    chooseFile(
      paths.map((path) => ({ path, bytes: 2e9 })),
      wanted,
      'a/b',
    );
  const many = ['x-Q2_K.gguf', 'x-Q4_K_M.gguf', 'x-Q8_0.gguf', 'mmproj-x.gguf', 'README.md'];

  it('takes the safetensors, else the only GGUF, else Q4_K_M', () => {
    expect(choose(['model.safetensors', 'a.gguf'])).toBeNull();
    expect(choose(['model.safetensors.index.json'])).toBeNull();
    expect(choose(['a.gguf', 'mmproj-F16.gguf'])).toBe('a.gguf');
    expect(choose(['q/a-00002-of-00002.gguf', 'q/a-00001-of-00002.gguf'])).toBe('q/a-00001-of-00002.gguf');
    expect(choose(many)).toBe('x-Q4_K_M.gguf');
  });

  it('takes a safetensors file that is all there is, whatever its name', () => {
    expect(choose(['Mine.hearth.safetensors'])).toBe('Mine.hearth.safetensors');
    expect(choose(['Mine (1).safetensors', 'README.md'])).toBe('Mine (1).safetensors');
    const two = ['A.hearth.safetensors', 'B.hearth.safetensors'];
    expect(choose(two, 'B.hearth.safetensors')).toBe('B.hearth.safetensors');
    expect(() => choose(['a.safetensors', 'b.safetensors'])).toThrow(/neither model.safetensors nor a .gguf file/);
    expect(() => choose(['a.safetensors', 'config.json'])).toThrow(/neither model.safetensors nor a .gguf file/);
  });

  it('takes no longer for many files than they are many, and counts the parts of each', () => {
    const files = Array.from({ length: 100_000 }, (_, i) => {
      return { path: `m${i >> 1}-0000${1 + (i & 1)}-of-00002.gguf`, bytes: i === 3 ? null : 1 };
    });
    const models = ggufModels(files);
    expect(models).toHaveLength(50_000);
    expect(models.slice(0, 2)).toEqual([
      { path: 'm0-00001-of-00002.gguf', bytes: 2 },
      { path: 'm1-00001-of-00002.gguf', bytes: null },
    ]);
  });

  it('takes what is named, whole or in part', () => {
    expect(choose(many, 'x-Q2_K.gguf')).toBe('x-Q2_K.gguf');
    expect(choose(many, 'q8_0')).toBe('x-Q8_0.gguf');
    expect(choose(['model.safetensors', 'config.json'], 'model.safetensors')).toBeNull();
  });

  it.each<[string[], string | undefined, string, RegExp]>([
    [['README.md'], undefined, 'not-found', /neither model.safetensors nor a .gguf file/],
    [['a-Q2_K.gguf', 'a-Q8_0.gguf'], undefined, 'bad-request', /a-Q2_K.gguf \(2.00 GB\), a-Q8_0.gguf \(2.00 GB\)/],
    [many, 'Q3', 'bad-request', /no model named "Q3".*x-Q2_K.gguf/],
    [many, 'x-', 'bad-request', /3 models named "x-"/],
  ])('of %j by %s is refused with what there is', (paths, wanted, code, message) => {
    expect(() => choose(paths, wanted)).toThrow(
      expect.objectContaining({ code, message: expect.stringMatching(message) }),
    );
  });
});

describe('given files', () => {
  const give = (files: [path: string, file: File][]) => ({
    kind: 'files' as const,
    name: 'a folder',
    files: files.map(([path, file]) => ({ path, file })),
  });
  const made = (lastModified: number) => new File([content], 'model.safetensors', { lastModified });

  it('are read by ranges where they lie', async () => {
    const { source, file } = await openSource(give([['model.safetensors', made(1)]]), getWith({ origins: [] }), {});
    expect(file).toBeNull();
    expect(source.url).toBe('file:///a%20folder/');
    expect(await readRange(source, 'model.safetensors', 100, 4000, null, { retry })).toEqual(content.slice(100, 4000));
    expect(await caught(readRange(source, 'config.json', 0, 1, null, { retry }))).toMatchObject({ code: 'not-found' });
    expect(await caught(readRange(source, 'model.safetensors', 5000, 5001, null, { retry }))).toMatchObject({
      code: 'bad-file',
    });
  });

  it('are known again by name, size and date', async () => {
    const ids = [[made(1)], [made(1)], [made(2)]].map(([file]) => sourceId(give([['model.safetensors', file!]])));
    const [first, again, later] = await Promise.all(ids);
    expect(first).toBe(again);
    expect(first).not.toBe(later);
  });
});
