import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { headerRules, headersOf, otherHeaders, readEmbedders, readSite, toHeadersFile, toNginx } from './headers.mjs';

const rules = headerRules({
  connect: ['http://nas:8080'],
  embedders: ['https://example.org', 'https://*.example.com'],
});
const pages = ['/', '/index.html', '/embed.html'];
const threads = ['import', 'engine', 'bench'].map((name) => `/workers/${name}.worker/a1-B_2.js`);
const files = ['/assets/index-4f2a.js', '/hearth.js', '/embed.js', '/models/tales/config.json', '/favicon.svg'];
const everything = [...pages, ...threads, '/service-worker.js', ...files];

/** The sources of one directive, as a browser finds them: its own, or those it falls back to. */
function sourcesOf(path: string, directive: string): string[] {
  const policy = headersOf(rules, path)['Content-Security-Policy'] ?? '';
  const directives = new Map(
    policy.split('; ').map((text) => {
      const [name = '', ...sources] = text.split(' ');
      return [name, sources];
    }),
  );
  return directives.get(directive) ?? (directive.endsWith('-src') ? directives.get('default-src') : undefined) ?? ['*'];
}

it('lets the network thread alone reach other hosts', () => {
  const elsewhere = sourcesOf('/workers/import.worker/a1.js', 'connect-src');
  expect(elsewhere).toEqual(["'self'", 'https:', 'http://localhost:*', 'http://127.0.0.1:*', 'http://nas:8080']);
  for (const path of [...everything, '/missing'].filter((other) => !other.includes('import.worker'))) {
    for (const directive of [
      'connect-src',
      'script-src',
      'worker-src',
      'frame-src',
      'object-src',
      'img-src',
      'media-src',
    ]) {
      const foreign = sourcesOf(path, directive).filter((source) => source === '*' || /^https?:|^wss?:/.test(source));
      expect([path, directive, foreign]).toEqual([path, directive, []]);
    }
  }
});

it('lets scripts of its own run, and nothing that is written into a page', () => {
  for (const path of [...everything, '/missing']) {
    const scripts = sourcesOf(path, 'script-src').filter((source) => source !== "'self'" && source !== "'none'");
    const compiles = /\/(import|engine)\.worker\//.test(path);
    expect([path, scripts]).toEqual([path, compiles ? ["'wasm-unsafe-eval'"] : []]);
    expect(sourcesOf(path, 'style-src')).not.toContain("'unsafe-inline'");
  }
});

it('lets only the frame be framed, by those on the owner’s list', () => {
  for (const path of ['/', '/index.html', ...files]) expect(sourcesOf(path, 'frame-ancestors')).toEqual(["'none'"]);
  for (const path of ['/embed', '/embed.html']) {
    expect(sourcesOf(path, 'frame-ancestors')).toEqual(['https://example.org', 'https://*.example.com']);
    expect(headersOf(rules, path)).not.toHaveProperty('Cross-Origin-Opener-Policy');
  }
  for (const path of everything) {
    // What an isolated page of another origin asks of a frame, and of all that the frame loads.
    expect(headersOf(rules, path)).toMatchObject({
      'Cross-Origin-Embedder-Policy': 'require-corp',
      'Cross-Origin-Resource-Policy': 'cross-origin',
    });
  }
  expect(headersOf(rules, '/')['Cross-Origin-Opener-Policy']).toBe('same-origin');
});

it('has exactly one rule for each file that is published', () => {
  const published = readdirSync('public', { recursive: true, encoding: 'utf8' })
    .filter((file) => statSync(join('public', file)).isFile())
    .map((file) => `/${file.replaceAll('\\', '/')}`);
  expect(published).toContain('/models/tales/config.json');
  const paths = rules.flatMap((rule) => rule.paths);
  for (const file of [...published, ...everything]) {
    const matching = paths.filter(
      (path) => path === file || (path.endsWith('*') && file.startsWith(path.slice(0, -1))),
    );
    expect([file, matching]).toEqual([file, [expect.any(String)]]);
  }
  expect(headersOf(rules, '/missing')).toBe(otherHeaders);
});

it('writes them for static hosts, as they read it', () => {
  const read: Record<string, Record<string, string>> = {};
  let path = '';
  for (const line of toHeadersFile(rules).split('\n').filter(Boolean)) {
    const [, name, value] = /^ {2}([\w-]+): (.+)$/.exec(line) ?? [];
    if (name === undefined || value === undefined) read[(path = line)] = {};
    else read[path]![name] = value;
    expect(line.length).toBeLessThan(2000); // Cloudflare's bound
  }
  expect(read).toEqual(Object.fromEntries(rules.flatMap(({ paths, headers }) => paths.map((at) => [at, headers]))));
});

it('writes them for nginx, as it reads it', () => {
  const read = new Map<string, Record<string, string>>();
  for (const [, where = '', block = ''] of toNginx(rules).matchAll(/^location ([^\n]+) \{\n(.*?)^\}/gms)) {
    const lines = [...block.matchAll(/^ {2}add_header (\S+) "(.*)"( always)?;$/gm)];
    read.set(where, Object.fromEntries(lines.map(([, name, value]) => [name, value?.replaceAll('\\"', '"')])));
    // Kept for a year is only what is there.
    for (const [, name, , always] of lines)
      expect([name, always === undefined]).toEqual([name, name === 'Cache-Control']);
  }
  const where = (path: string) => (path.endsWith('*') ? `^~ ${path.slice(0, -1)}` : `= ${path}`);
  const expected = rules.flatMap(({ paths, headers }) => paths.map((path) => [where(path), headers] as const));
  expect(read).toEqual(new Map([...expected, ['/', otherHeaders]]));
});

it('reads what the owner has chosen', () => {
  expect(readEmbedders('["*"]', 'list')).toEqual(['*']);
  expect(readEmbedders('[]', 'list')).toEqual(["'none'"]);
  expect(readSite('public', { HEARTH_CONNECT: ' http://nas:8080  http://models.example ' })).toEqual({
    connect: ['http://nas:8080', 'http://models.example'],
    embedders: ['*'],
  });
  expect(readSite('public', {}).connect).toEqual([]);
});

it.each([
  ['{', /is no JSON/],
  ['{}', /expected a list/],
  ['[1]', /expected a list/],
  ['["https://a.example; script-src *"]', /is no origin/],
  ['["https://a.example/path"]', /is no origin/],
  ['["https:"]', /is no origin/],
])('refuses %s as a list of embedders', (text, message) => {
  expect(() => readEmbedders(text, 'embed-origins.json')).toThrow(message);
});
