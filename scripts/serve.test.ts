import { mkdtempSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { headerRules, headersOf } from './headers.mjs';
import { createStaticServer, listen, parseRange, readPort } from './serve.mjs';

const site = { connect: ['http://hub.test'], embedders: ['https://example.org'] };
const model = Uint8Array.from({ length: 1000 }, (_, i) => i % 251);
let folder: string;
let server: http.Server;
let origin: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'hearth-serve-'));
  const root = join(folder, 'dist');
  mkdirSync(join(root, 'assets'), { recursive: true });
  mkdirSync(join(root, 'models'));
  writeFileSync(join(folder, 'secret.txt'), 'not for the browser');
  writeFileSync(join(folder, 'dist-secret.txt'), 'a neighbour whose name begins like the folder');
  writeFileSync(join(root, 'index.html'), '<title>Hearth</title>');
  writeFileSync(join(root, 'empty.txt'), '');
  writeFileSync(join(root, 'a b.json'), '{}');
  writeFileSync(join(root, 'hearth.webmanifest'), '{}');
  writeFileSync(join(root, 'assets', 'index-4f2a.js'), 'export {};');
  writeFileSync(join(root, 'assets', 'matmul.wgsl'), 'fn main() {}');
  writeFileSync(join(root, 'models', 'model.safetensors'), model);
  server = createStaticServer({ root, site });
  origin = (await listen(server, 0)).replace('localhost', '127.0.0.1');
});

afterAll(async () => {
  await new Promise((closed) => server.close(closed));
  rmSync(folder, { recursive: true });
});

/** A request whose path is sent as written; `fetch` would resolve ".." before sending. */
function rawStatus(path: string): Promise<number> {
  return new Promise((done, fail) => {
    http
      .get({ host: '127.0.0.1', port: new URL(origin).port, path, agent: false }, (response) => {
        response.resume().on('end', () => done(response.statusCode ?? 0));
      })
      .on('error', fail);
  });
}

describe('files', () => {
  it('serves index.html for / whatever the query, and 404 for anything that is no file', async () => {
    const page = await fetch(`${origin}/?model=tales&q=hello`);
    expect([page.status, await page.text()]).toEqual([200, '<title>Hearth</title>']);
    for (const path of ['/models/missing.safetensors', '/models', '/models/', '/index.htm', '/assets/'])
      expect([path, (await fetch(origin + path)).status]).toEqual([path, 404]);
    expect(await (await fetch(`${origin}/models/missing.safetensors`)).text()).not.toContain('<');
  });

  it.each([
    ['/index.html', 'text/html; charset=utf-8'],
    ['/assets/index-4f2a.js', 'text/javascript; charset=utf-8'],
    ['/assets/matmul.wgsl', 'text/wgsl; charset=utf-8'],
    ['/models/model.safetensors', 'application/octet-stream'],
    ['/hearth.webmanifest', 'application/manifest+json; charset=utf-8'],
    ['/a%20b.json', 'application/json; charset=utf-8'],
  ])('%s is %s', async (path, type) => {
    expect((await fetch(origin + path)).headers.get('content-type')).toBe(type);
  });

  it('answers HEAD with the length and no body', async () => {
    const head = await fetch(`${origin}/models/model.safetensors`, { method: 'HEAD' });
    expect([head.status, head.headers.get('content-length'), (await head.arrayBuffer()).byteLength]).toEqual([
      200,
      '1000',
      0,
    ]);
  });

  it('serves an empty file, and refuses to write', async () => {
    const empty = await fetch(`${origin}/empty.txt`);
    expect([empty.status, await empty.text(), empty.headers.get('content-length')]).toEqual([200, '', '0']);
    const written = await fetch(`${origin}/index.html`, { method: 'POST', body: 'x' });
    expect([written.status, written.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
  });

  it.each([
    '/../secret.txt',
    '/assets/../../secret.txt',
    '/%2e%2e/secret.txt',
    '/..%2fsecret.txt',
    '/assets/..%2findex.html', // else a page with the headers of another path
    '/assets/%2e%2e/index.html',
    '/..\\secret.txt',
    '/../dist-secret.txt',
    '/%00',
    '/%zz',
  ])('leads neither out of the folder nor to a file of another path: %s', async (path) => {
    expect(await rawStatus(path)).toBe(404);
  });
});

describe('headers', () => {
  it.each(['/', '/?q=hello', '/assets/index-4f2a.js', '/models/model.safetensors', '/missing'])(
    'are those of the rules: %s',
    async (path) => {
      const { headers } = await fetch(origin + path);
      const expected = headersOf(headerRules(site), path.replace(/\?.*/, ''));
      for (const [name, value] of Object.entries(expected)) expect([name, headers.get(name)]).toEqual([name, value]);
      expect(headers.get('content-security-policy')).toContain("default-src 'none'");
    },
  );

  it('lets only hashed names be kept without asking', async () => {
    expect((await fetch(`${origin}/assets/index-4f2a.js`)).headers.get('cache-control')).toContain('immutable');
    expect((await fetch(`${origin}/`)).headers.get('cache-control')).toBe('no-cache');
    expect((await fetch(`${origin}/models/model.safetensors`)).headers.get('cache-control')).toBe('no-cache');
  });

  it('answers 304 for the tag it gave, and 200 for another', async () => {
    const etag = (await fetch(`${origin}/index.html`)).headers.get('etag') ?? '';
    expect(etag).not.toBe('');
    for (const tag of [etag, `W/${etag}`, `"other", ${etag}`, '*'])
      expect(await statusWith({ 'if-none-match': tag })).toBe(304);
    expect(await statusWith({ 'if-none-match': '"other"' })).toBe(200);

    async function statusWith(headers: Record<string, string>) {
      return (await fetch(`${origin}/index.html`, { headers })).status;
    }
  });
});

describe('ranges', () => {
  const ask = (range: string, more: Record<string, string> = {}) =>
    fetch(`${origin}/models/model.safetensors`, { headers: { range, ...more } });

  it.each([
    ['bytes=0-9', 0, 10],
    ['bytes=990-', 990, 1000],
    ['bytes=-8', 992, 1000],
    ['bytes=-5000', 0, 1000],
    ['bytes=999-5000', 999, 1000],
  ])('%s is [%i, %i)', async (range, start, end) => {
    const part = await ask(range);
    expect(part.status).toBe(206);
    expect(part.headers.get('content-range')).toBe(`bytes ${start}-${end - 1}/1000`);
    expect(new Uint8Array(await part.arrayBuffer())).toEqual(model.slice(start, end));
  });

  it.each(['bytes=1000-', 'bytes=-0', 'bytes=5000-6000'])('%s cannot be satisfied', async (range) => {
    const part = await ask(range);
    expect([part.status, part.headers.get('content-range')]).toEqual([416, 'bytes */1000']);
  });

  it('resumes only the same file', async () => {
    const etag = (await ask('bytes=0-0')).headers.get('etag') ?? '';
    expect((await ask('bytes=5-', { 'if-range': etag })).status).toBe(206);
    expect((await ask('bytes=5-', { 'if-range': '"other"' })).status).toBe(200);
  });

  it.each([undefined, '', 'bytes=', 'bytes=-', 'bytes=5-2', 'bytes=0-1,4-5', 'lines=1-2'])(
    '%s means the whole file',
    (header) => {
      expect(parseRange(header, 1000)).toBe('whole');
    },
  );

  it('never leaves the file', () => {
    fc.assert(
      fc.property(fc.nat(50), fc.option(fc.nat(60)), fc.option(fc.nat(60)), (size, first, last) => {
        const range = parseRange(`bytes=${first ?? ''}-${last ?? ''}`, size);
        if (typeof range === 'string') return;
        expect(range.start).toBeGreaterThanOrEqual(0);
        expect(range.start).toBeLessThanOrEqual(range.end);
        expect(range.end).toBeLessThan(size);
      }),
    );
  });
});

describe('the port', () => {
  it('comes from --port, then PORT, then 4173', () => {
    expect(readPort(['--port', '8080'], { PORT: '9090' })).toBe(8080);
    expect(readPort(['--port=8081'], {})).toBe(8081);
    expect(readPort([], { PORT: '9090' })).toBe(9090);
    expect(readPort([], {})).toBe(4173);
  });

  it.each([[['--port', 'x']], [['--port']], [['--port=70000']], [['--port', '-1']]])('refuses %s', (args) => {
    expect(() => readPort(args, {})).toThrow(/is no port/);
  });

  it('says what to do when it is taken', async () => {
    const port = Number(new URL(origin).port);
    await expect(listen(createStaticServer({ root: folder, site }), port)).rejects.toThrow(
      `Port ${port} is in use by another program. Stop it, or choose another port: PORT=${port + 1} npm start`,
    );
  });
});
