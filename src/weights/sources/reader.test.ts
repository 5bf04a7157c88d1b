import { afterEach, describe, expect, it, vi } from 'vitest';
import { type HubFile, type HubOptions, startHub } from '../../../e2e/support/hub-server.mjs';
import type { HearthError } from '../../lib/errors';
import { generator } from '../testing/checkpoint';
import { readRange, type RetryPolicy, SourceReader } from './reader';
import { isSameVersion, SourceChangedError } from './source';
import { UrlSource } from './url';

const random = generator(7);
const bytes = Uint8Array.from({ length: 300_000 }, () => random() * 256);
const retry: RetryPolicy = { delaysMs: [1, 1, 1], stallMs: 200 };

let hub: Awaited<ReturnType<typeof startHub>>;
afterEach(() => hub.close());

async function start(options: HubOptions = {}, files: Record<string, HubFile> = { file: bytes }) {
  hub = await startHub(files, options);
  return new UrlSource(hub.url);
}

/** Vitest's own comparison takes seconds for as many bytes. */
const isEqualTo = (expected: Uint8Array) => (found: Uint8Array) => Buffer.compare(found, expected) === 0;

const caught = (promise: Promise<unknown>) =>
  promise.then(
    () => expect.unreachable('it should have failed'),
    (error: unknown) => error as HearthError,
  );

describe('a range of a file', () => {
  it.each<[string, HubOptions]>([
    ['a plain server', {}],
    ['a redirecting hub', { redirects: true }],
    ['a server without ranges', { ranges: false }],
    ['a server that tells no sizes', { sizes: false }],
    ['a server that can do neither', { sizes: false, ranges: false, validators: false }],
    ['a slow drip', { pieceBytes: 40_000, fault: () => ({ dripMs: 2 }) }],
  ])('comes as it is from %s', async (_, options) => {
    const source = await start(options);
    expect(await readRange(source, 'file', 0, bytes.length, null, { retry })).toSatisfy(isEqualTo(bytes));
    expect(await readRange(source, 'file', 1000, 200_001, null, { retry })).toSatisfy(
      isEqualTo(bytes.subarray(1000, 200_001)),
    );
  });

  it('asks a server with ranges for these bytes and no others', async () => {
    const source = await start();
    await readRange(source, 'file', 1000, 3000, null, { retry });
    expect(hub.log).toMatchObject([{ startBytes: 1000, endBytes: 3000, sentBytes: 2000 }]);
  });

  it('that ends beyond the file says that the file is cut off', async () => {
    const source = await start();
    const error = await caught(readRange(source, 'file', 299_000, 301_000, null, { retry }));
    expect(error).toMatchObject({ code: 'bad-file', message: expect.stringMatching(/ends after 300000 bytes/) });
    expect(await caught(readRange(source, 'file', 300_000, 301_000, null, { retry }))).toMatchObject({
      code: 'bad-file',
      message: expect.stringMatching(/ends before byte 300000/),
    });
  });

  it('of an empty file says so', async () => {
    const source = await start({}, { file: new Uint8Array() });
    const error = await caught(readRange(source, 'file', 0, 8, null, { retry }));
    expect(error).toMatchObject({ code: 'bad-file', message: expect.stringMatching(/is empty/) });
  });
});

describe('a connection', () => {
  it.each([true, false])('that is cut again and again is taken up where it ended (ranges: %s)', async (ranges) => {
    const source = await start({
      ranges,
      fault: ({ attempt }) => ({ cutAfterBytes: 30_000 * (ranges ? 1 : attempt) }),
    });
    expect(await readRange(source, 'file', 0, bytes.length, null, { retry })).toSatisfy(isEqualTo(bytes));
    expect(hub.log.length).toBeGreaterThan(8);
    if (ranges) expect(hub.log.every(({ startBytes }, i) => i === 0 || startBytes > 0)).toBe(true);
  });

  it('that goes silent counts as cut', async () => {
    const source = await start({ fault: ({ attempt }) => (attempt === 1 ? { stallAfterBytes: 50_000 } : {}) });
    expect(await readRange(source, 'file', 0, bytes.length, null, { retry })).toSatisfy(isEqualTo(bytes));
    expect(hub.log).toHaveLength(2);
  });

  it.each([500, 502, 503, 429, 408])('is tried again after status %i', async (status) => {
    const source = await start({ fault: ({ attempt }) => (attempt < 3 ? { status } : {}) });
    expect(await readRange(source, 'file', 0, bytes.length, null, { retry })).toSatisfy(isEqualTo(bytes));
  });

  it('that cannot be made again fails with what is there, what was expected, and the cause', async () => {
    const source = await start({
      fault: ({ attempt }) => (attempt === 1 ? { cutAfterBytes: 50_000 } : { status: 503 }),
    });
    const error = await caught(readRange(source, 'file', 0, bytes.length, null, { retry }));
    expect(error.code).toBe('network');
    expect(error.message).toMatch(/broke off after \d+ of 300000 bytes, and 3 further tries failed/);
    expect(error.hint).toMatch(/what has been downloaded is kept/);
    expect(error.cause).toMatchObject({ message: expect.stringMatching(/status 503/) });
  });

  it('that is never made says so after the last try', async () => {
    const source = await start();
    await hub.close();
    const error = await caught(readRange(source, 'file', 0, 10, null, { retry }));
    expect(error).toMatchObject({ code: 'network', message: expect.stringMatching(/could not be reached in 4 tries/) });
    hub = await startHub({});
  });

  it('is given up sooner while the browser says that it is offline', async () => {
    const source = await start();
    await hub.close();
    vi.stubGlobal('navigator', { onLine: false });
    const error = await caught(readRange(source, 'file', 0, 10, null, { retry }));
    vi.unstubAllGlobals();
    expect(error).toMatchObject({ code: 'network', message: expect.stringMatching(/could not be reached in 2 tries/) });
    hub = await startHub({});
  });

  it('ends at once when the caller stops, also in a pause between two tries', async () => {
    const controller = new AbortController();
    const source = await start({
      fault: () => {
        setTimeout(() => controller.abort(), 5);
        return { status: 500 };
      },
    });
    const slow: RetryPolicy = { delaysMs: [60_000], stallMs: 60_000 };
    const error = await caught(readRange(source, 'file', 0, 10, null, { retry: slow, signal: controller.signal }));
    expect(error).toMatchObject({ code: 'aborted' });
    expect(hub.log).toHaveLength(1);
  });

  it('that is stopped while bytes are awaited ends at once', async () => {
    const controller = new AbortController();
    const source = await start({ fault: () => ({ stallAfterBytes: 1000 }) });
    const slow: RetryPolicy = { delaysMs: [60_000], stallMs: 60_000 };
    const reader = new SourceReader(source, 'file', { startBytes: 0, endBytes: null }, null, {
      retry: slow,
      signal: controller.signal,
    });
    await reader.read(new Uint8Array(1000));
    const waiting = caught(reader.read(new Uint8Array(1)));
    controller.abort();
    expect(await waiting).toMatchObject({ code: 'aborted' });
  });
});

describe('a file that changes', () => {
  it('is never put together from two versions', async () => {
    const source = await start({
      fault: ({ attempt }) => {
        hub.files['file'] = bytes.toReversed(); // from the next request on
        return attempt === 1 ? { cutAfterBytes: 50_000 } : undefined;
      },
    });
    const error = await caught(readRange(source, 'file', 0, bytes.length, null, { retry }));
    expect(error).toBeInstanceOf(SourceChangedError);
    expect(error.message).toMatch(/changed during the download/);
  });

  it('cannot be recognised without ETag and date, so nothing is put together then', async () => {
    const source = await start({
      validators: false,
      fault: ({ attempt }) => (attempt === 1 ? { cutAfterBytes: 9 } : {}),
    });
    expect(await caught(readRange(source, 'file', 0, 100, null, { retry }))).toBeInstanceOf(SourceChangedError);
    expect(isSameVersion({ sizeBytes: 1, validator: null }, { sizeBytes: 1, validator: null })).toBe(false);
  });
});

describe('an answer that is no file', () => {
  it('is named: a web page', async () => {
    const source = await start({ fault: () => ({ html: true }) });
    const error = await caught(readRange(source, 'file', 0, 10, null, { retry }));
    expect(error.code).toBe('bad-file');
    expect(error.message).toBe(`Found an HTML page at ${hub.url}file; expected the model's file.`);
    expect(hub.log).toHaveLength(1);
  });

  it.each([
    [404, /no file at/],
    [401, /does not let us read/],
    [403, /does not let us read/],
  ])('is named: status %i', async (status, message) => {
    const source = await start({ fault: () => ({ status }) });
    const error = await caught(readRange(source, 'file', 0, 10, null, { retry }));
    expect(error).toMatchObject({ code: 'not-found', message: expect.stringMatching(message) });
    expect(hub.log).toHaveLength(1);
  });

  it('is refused when it begins at another byte than asked for', async () => {
    const source = await start();
    const headers = { 'Content-Range': 'bytes 0-9/300000' };
    vi.stubGlobal('fetch', () => Promise.resolve(new Response('0123456789', { status: 206, headers })));
    try {
      const error = await caught(readRange(source, 'file', 5, 10, null, { retry }));
      expect(error.cause).toMatchObject({ message: expect.stringMatching(/bytes from 0 on; expected them from 5 on/) });
    } finally {
      vi.unstubAllGlobals();
    }
  });
});

describe('a folder', () => {
  it('is the same with and without its last slash', async () => {
    await start();
    expect(new UrlSource('https://x.org/a/b').url).toBe('https://x.org/a/b/');
    expect(new UrlSource('https://x.org/a/b/').url).toBe('https://x.org/a/b/');
    expect(() => new UrlSource('models/tales')).toThrow(expect.objectContaining({ code: 'bad-request' }));
  });
});
