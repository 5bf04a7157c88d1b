import { describe, expect, it } from 'vitest';
import { DEFAULT_HUB, filesSource, hubId, type ModelSource, originOf, parseModelSource } from './model-source';

const SITE = 'http://localhost:4173/app/';
const parse = (text: string, hub?: string) => parseModelSource(text, SITE, hub);

describe('a line of text', () => {
  it.each<[string, Partial<Extract<ModelSource, { kind: 'hub' }>>]>([
    ['owner/name', { repository: 'owner/name' }],
    ['Qwen/Qwen2.5-0.5B@refs/pr/3', { repository: 'Qwen/Qwen2.5-0.5B', revision: 'refs/pr/3' }],
    ['owner/name:Q4_K_M', { repository: 'owner/name', file: 'Q4_K_M' }],
    ['owner/name@v1:sub/a b.gguf', { repository: 'owner/name', revision: 'v1', file: 'sub/a b.gguf' }],
    [`${DEFAULT_HUB}/owner/name`, { repository: 'owner/name' }],
    [`${DEFAULT_HUB}/owner/name/tree/main/`, { repository: 'owner/name', revision: 'main' }],
    [
      `${DEFAULT_HUB}/owner/name/blob/main/a%20b.gguf?download=true`,
      { repository: 'owner/name', revision: 'main', file: 'a b.gguf' },
    ],
  ])('%s is a repository', (text, parts) => {
    expect(parse(text)).toEqual({ kind: 'hub', ...parts });
  });

  it.each([
    ['https://x.org/a/b', 'https://x.org/a/b/'],
    ['https://x.org/a/b.gguf', 'https://x.org/a/b.gguf'],
    ['/models/tales', 'http://localhost:4173/models/tales/'],
    ['./models/x.GGUF#part', 'http://localhost:4173/app/models/x.GGUF'],
    [`${DEFAULT_HUB}/`, `${DEFAULT_HUB}/`],
  ])('%s is an address', (text, url) => {
    expect(parse(text)).toEqual({ kind: 'url', url });
  });

  it.each([
    'tales',
    'a/b/c',
    'javascript:alert(1)',
    'ftp://x.org/a',
    'https://',
    'owner/',
    'owner/name:',
    '',
    `${DEFAULT_HUB}/owner/100%`,
    'https://x.org/a%ff.gguf',
    'https://me:secret@x.org/a/b.gguf',
    'https://huggingface.co@x.org/owner/name',
  ])('"%s" is neither', (text) => {
    expect(parse(text)).toBeNull();
  });

  it('is looked up on the chosen mirror, and addresses of either hub are repositories', () => {
    const mirror = 'https://mirror.example';
    expect(parse('owner/name', mirror)).toEqual({ kind: 'hub', repository: 'owner/name', baseUrl: mirror });
    expect(parse(`${mirror}/owner/name`, mirror)).toMatchObject({ kind: 'hub', baseUrl: mirror });
    expect(parse(`${DEFAULT_HUB}/owner/name`, mirror)).toEqual({ kind: 'hub', repository: 'owner/name' });
  });

  it('comes out again, whichever mirror was asked', () => {
    for (const id of ['owner/name', 'owner/name@v1', 'owner/name:Q4_K_M', 'owner/name@v1:a.gguf']) {
      for (const hub of [DEFAULT_HUB, 'https://mirror.example']) {
        const source = parse(id, hub);
        expect(source?.kind === 'hub' && hubId(source)).toBe(id);
      }
    }
    expect(hubId({ kind: 'hub', repository: 'a/b', revision: 'main' })).toBe('a/b');
  });

  it('says which host would be asked', () => {
    const origins = ['owner/name', 'https://x.org/a', '/models/tales', 'file:///a?0'].map((text) =>
      originOf(parse(text)!),
    );
    expect(origins).toEqual([DEFAULT_HUB, 'https://x.org', 'http://localhost:4173', null]);
  });
});

describe('given files', () => {
  const file = (path: string) => {
    const made = new File(['x'], path.split('/').at(-1)!);
    return Object.defineProperty(made, 'webkitRelativePath', { value: path.includes('/') ? path : '' });
  };

  it.each([
    [['Qwen/config.json', 'Qwen/sub/a.gguf'], 'Qwen', ['config.json', 'sub/a.gguf']],
    [['model.Q4_K_M.gguf'], 'model.Q4_K_M.gguf', ['model.Q4_K_M.gguf']],
    [['a-00001-of-00002.gguf', 'a-00002-of-00002.gguf'], 'a.gguf', ['a-00001-of-00002.gguf', 'a-00002-of-00002.gguf']],
    [['config.json', 'model.safetensors'], 'model', ['config.json', 'model.safetensors']],
  ])('%j are called %s', (paths, name, within) => {
    const source = filesSource(paths.map(file));
    expect(source.name).toBe(name);
    expect(source.files.map(({ path }) => path)).toEqual(within);
  });

  it('that are none are refused', () => {
    expect(() => filesSource([])).toThrow(expect.objectContaining({ code: 'bad-request' }));
  });
});
