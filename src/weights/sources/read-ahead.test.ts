import { afterEach, describe, expect, it, vi } from 'vitest';
import { type Hub, type HubOptions, startHub } from '../../../e2e/support/hub-server.mjs';
import type { HearthError } from '../../lib/errors';
import { generator } from '../testing/checkpoint';
import { openReader, type RangeReader, type ReadAheadOptions } from './read-ahead';
import { readRange } from './reader';
import { type FileVersion, RefusedError, type Source, SourceChangedError } from './source';
import { UrlSource } from './url';

const random = generator(11);
const bytes = Uint8Array.from({ length: 300_000 }, () => random() * 256);
const readAhead = { connections: 3, pieceBytes: 40_000 };
const retry = { delaysMs: [1, 1, 1, 1], stallMs: 300 };

let hub: Hub;
let reader: RangeReader;
afterEach(async () => {
  reader.close();
  await hub.close();
});

async function start(options: HubOptions = {}, more: ReadAheadOptions = {}): Promise<RangeReader> {
  hub = await startHub({ file: bytes }, {});
  const source = new UrlSource(hub.url);
  let version: FileVersion | null = null;
  const noting: Source = {
    url: source.url,
    async open(...args) {
      const stream = await source.open(...args);
      version = stream.version;
      return stream;
    },
  };
  await readRange(noting, 'file', 0, 1, null, { retry });
  hub.log.length = 0;
  hub.attempts.clear();
  Object.assign(hub.options, options);
  reader = openReader(source, 'file', { startBytes: 100, endBytes: 300_000 }, version!, {
    retry,
    readAhead,
    hasRanges: true,
    ...more,
  });
  return reader;
}

async function readAll(from: RangeReader, length = 299_900): Promise<Uint8Array> {
  const target = new Uint8Array(length);
  for (let at = 0; at < length; at += 7777) await from.read(target.subarray(at, Math.min(length, at + 7777)));
  return target;
}

const isEqualTo = (expected: Uint8Array) => (found: Uint8Array) => Buffer.compare(found, expected) === 0;

const caught = (promise: Promise<unknown>) =>
  promise.then(
    () => expect.unreachable('it should have failed'),
    (error: unknown) => error as HearthError,
  );

describe('reading ahead', () => {
  it.each<[string, HubOptions]>([
    ['a plain server', {}],
    ['a redirecting hub', { redirects: true }],
    ['links that run out at once', { redirects: true, linkUses: 1 }],
    ['connections that break', { fault: ({ attempt }) => (attempt % 2 === 1 ? { cutAfterBytes: 15_000 } : {}) }],
    ['a server that is busy now and then', { fault: ({ attempt }) => (attempt % 3 === 0 ? { status: 503 } : {}) }],
    ['a link that is refused in mid-file', { fault: ({ attempt }) => (attempt % 3 === 0 ? { status: 403 } : {}) }],
    ['a server that has no ranges any more', { ranges: false }],
    ['a slow drip', { pieceBytes: 20_000, fault: () => ({ dripMs: 1 }) }],
  ])('gives the bytes in order from %s', async (_, options) => {
    expect(await readAll(await start(options))).toSatisfy(isEqualTo(bytes.subarray(100)));
    if (options.linkUses) expect(hub.refusals).toBeGreaterThan(3);
  });

  it('keeps as many connections busy as it may, and no more bytes waiting than they hold', async () => {
    await start();
    await reader.read(new Uint8Array(10));
    await vi.waitFor(() => expect(hub.log).toHaveLength(3));
    await vi.waitFor(() => expect(hub.log.every(({ sentBytes }) => sentBytes === 40_000)).toBe(true));
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(hub.log.map(({ startBytes }) => startBytes)).toEqual([100, 40_100, 80_100]);
    await reader.read(new Uint8Array(40_000));
    await vi.waitFor(() => expect(hub.log.map(({ startBytes }) => startBytes)).toContain(120_100));
  });

  it('hands out what has arrived of a piece that stands still, and tells what has arrived', async () => {
    let arrived = 0;
    await start({ fault: () => ({ stallAfterBytes: 25_000 }) }, { onArrive: (count) => (arrived = count) });
    expect(await readAll(reader, 20_000)).toSatisfy(isEqualTo(bytes.subarray(100, 20_100)));
    await vi.waitFor(() => expect(arrived).toBeGreaterThanOrEqual(75_000));
  });

  it('asks for no byte twice when nothing breaks', async () => {
    await readAll(await start());
    const sent = hub.log.reduce((sum, { sentBytes }) => sum + sentBytes, 0);
    expect(sent).toBe(299_900);
  });

  it('fails as one connection does when the tries are used up, with the bytes before handed out', async () => {
    await start({ fault: ({ startBytes }) => (startBytes >= 80_100 ? { status: 500 } : undefined) });
    expect(await readAll(reader, 80_000)).toSatisfy(isEqualTo(bytes.subarray(100, 80_100)));
    expect(await caught(reader.read(new Uint8Array(1)))).toMatchObject({ code: 'network' });
  });

  it('never puts two versions together', async () => {
    await start();
    await reader.read(new Uint8Array(10));
    hub.files['file'] = bytes.toReversed();
    expect(await caught(readAll(reader))).toBeInstanceOf(SourceChangedError);
  });

  it('keeps to one connection where nothing proves that two see the same file', async () => {
    await start({ fault: () => ({}) }, { hasRanges: false });
    await readAll(reader);
    expect(hub.log).toHaveLength(1);
  });

  it('ends all connections when it is stopped', async () => {
    const controller = new AbortController();
    await start({ fault: () => ({ stallAfterBytes: 1000 }) }, { signal: controller.signal });
    await reader.read(new Uint8Array(500));
    const waiting = caught(reader.read(new Uint8Array(5000)));
    await vi.waitFor(() => expect(hub.log).toHaveLength(3));
    controller.abort();
    expect(await waiting).toMatchObject({ code: 'aborted' });
    await new Promise((resolve) => setTimeout(resolve, 20)); // a further try would come after a millisecond
    expect(hub.log).toHaveLength(3);
  });
});

describe('a server that asks for patience', () => {
  it('is not asked again before', async () => {
    vi.useFakeTimers();
    let asked = 0;
    const refusal = { status: 429, retryAfterMs: 5000, redirected: false };
    const busy: Source = {
      url: 'https://hub.example/',
      open() {
        asked++;
        return Promise.reject(new RefusedError('network', 'Too many requests.', refusal));
      },
    };
    const reading = caught(readRange(busy, 'file', 0, 1, null, { retry: { delaysMs: [10], stallMs: 60_000 } }));
    await vi.advanceTimersByTimeAsync(4999);
    expect(asked).toBe(1);
    await vi.advanceTimersByTimeAsync(1);
    expect(asked).toBe(2);
    expect(await reading).toMatchObject({ code: 'network' });
    vi.useRealTimers();
    hub = await startHub({});
  });

  it('says so in an answer that the reader understands', async () => {
    await start({ fault: () => ({ status: 429, retryAfterSeconds: 7 }) });
    const asked = new UrlSource(hub.url).open('file', { startBytes: 0, endBytes: 1 }, new AbortController().signal);
    expect(await caught(asked)).toMatchObject({ code: 'network', refusal: { status: 429, retryAfterMs: 7000 } });
  });
});
