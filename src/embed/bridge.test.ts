/** The frame's end of the port against hosts that do as they like. */
import { afterEach, describe, expect, it } from 'vitest';
import { EMBED_LIMITS } from '../client/allowed-sites';
import type { Handler } from '../client/openai/handler';
import { HearthError } from '../lib/errors';
import type { FrameMessage } from '../protocol/embed-api';
import { openBridge, type BridgeParts } from './bridge';
import { Allowance } from './limits';

const limits = EMBED_LIMITS;
const loaded = { id: 'tales', label: 'Tales', contextLength: 1024, warning: null };
const ask = { type: 'fetch', id: 1, method: 'POST', url: 'https://hearth.local/v1/chat/completions', body: '{}' };
const encoder = new TextEncoder();
const decoder = new TextDecoder();
const channels: MessageChannel[] = [];

afterEach(() => {
  for (const { port1, port2 } of channels.splice(0)) {
    port1.close();
    port2.close();
  }
});

function setUp(parts: Partial<BridgeParts> = {}) {
  const channel = new MessageChannel();
  channels.push(channel);
  const received: FrameMessage[] = [];
  const closes: string[] = [];
  channel.port2.addEventListener('message', ({ data }: MessageEvent<FrameMessage>) => received.push(data));
  channel.port2.start();
  const bridge = openBridge({
    port: channel.port1,
    handle: async () => new Response('Hello'),
    tokens: new Allowance(1000, 60_000, () => 0),
    loadModel: async () => loaded,
    status: () => ({ limits, loaded: [] }),
    onTheme() {},
    onClose: () => closes.push('closed'),
    now: () => 0,
    ...parts,
  });
  return {
    bridge,
    received,
    closes,
    send: (...messages: unknown[]) => messages.forEach((message) => channel.port2.postMessage(message)),
    /** Waits for a message of the frame. */
    async until(isIt: (message: FrameMessage) => boolean): Promise<FrameMessage> {
      for (;;) {
        const found = received.find(isIt);
        if (found) return found;
        await new Promise((resolve) => setTimeout(resolve, 1));
      }
    },
  };
}

const ofType = (type: FrameMessage['type']) => (message: FrameMessage) => message.type === type;
const aboutId = (id: number | null) => (message: FrameMessage) => 'id' in message && message.id === id;

/** A body that the test writes, and whether its reader has left. */
function openBody() {
  let controller!: ReadableStreamDefaultController<Uint8Array>;
  const stream = new ReadableStream<Uint8Array>({ start: (own) => void (controller = own) });
  return { stream, write: (text: string) => controller.enqueue(encoder.encode(text)), end: () => controller.close() };
}

/** Answers that end only when they are told to. */
function openForever() {
  const signals: AbortSignal[] = [];
  const handle: Handler = ({ signal }) => {
    signals.push(signal);
    return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
  };
  return { signals, handle };
}

describe('a response', () => {
  it('comes with its status and headers, and its body only as far as it is asked for', async () => {
    const body = openBody();
    const host = setUp({
      handle: async () => new Response(body.stream, { status: 202, headers: { 'X-Test': 'yes' } }),
    });
    host.send(ask);
    expect(await host.until(ofType('head'))).toMatchObject({ id: 1, status: 202, headers: [['x-test', 'yes']] });
    body.write('a');
    body.write('b');
    host.send({ type: 'status', id: 2 }); // a round trip: what was to come would have come
    await host.until(aboutId(2));
    expect(host.received.some(ofType('chunk'))).toBe(false);

    host.send({ type: 'pull', id: 1 });
    const chunk = await host.until(ofType('chunk'));
    expect(chunk.type === 'chunk' && decoder.decode(chunk.bytes)).toBe('ab'); // what has waited goes together
    body.end();
    await host.until(ofType('end'));
  });

  it('without a body ends at once', async () => {
    const host = setUp({ handle: async () => new Response(null, { status: 204 }) });
    host.send(ask);
    expect(await host.until(ofType('end'))).toEqual({ type: 'end', id: 1 });
    expect(host.received[0]).toMatchObject({ type: 'head', status: 204 });
  });

  it('of a failed body is an error, without stack and cause', async () => {
    const host = setUp({ handle: async () => Promise.reject(new Error('secret', { cause: 'inside' })) });
    host.send(ask);
    const error = await host.until(ofType('error'));
    expect(error).toEqual({
      type: 'error',
      id: 1,
      error: { code: 'internal', message: 'secret', hint: expect.any(String) as string },
    });
  });

  it('is a refusal in the shape of OpenAI when the tokens are used up, but looking stays free', async () => {
    const tokens = new Allowance(60, 60_000, () => 0);
    tokens.spend(90);
    const host = setUp({ tokens });
    host.send(ask, { ...ask, id: 2, method: 'GET', body: null });
    const head = await host.until(aboutId(1));
    expect(head).toMatchObject({ type: 'head', status: 429 });
    expect(head.type === 'head' && new Headers(head.headers).get('retry-after')).toBe('31');
    expect(await host.until(aboutId(2))).toMatchObject({ type: 'head', status: 200 });
    host.send({ type: 'pull', id: 1 });
    const chunk = await host.until((message) => message.type === 'chunk' && message.id === 1);
    expect(chunk.type === 'chunk' && JSON.parse(decoder.decode(chunk.bytes))).toMatchObject({
      error: { type: 'rate_limit_error', code: 'rate_limit_exceeded' },
    });
  });

  it('is a refusal where the frame is a chat for the person', async () => {
    const host = setUp({ handle: null });
    host.send(ask);
    expect(await host.until(ofType('head'))).toMatchObject({ status: 403 });
  });

  it('is a refusal for an address that is none', async () => {
    const host = setUp();
    host.send({ ...ask, url: 'https://' });
    expect(await host.until(ofType('head'))).toMatchObject({ status: 400 });
  });
});

describe('an abort', () => {
  it('reaches the answer, and is the last of it', async () => {
    const { signals, handle } = openForever();
    const host = setUp({ handle });
    host.send(ask, { type: 'status', id: 2 });
    await host.until(aboutId(2));
    host.send({ type: 'abort', id: 1 }, { type: 'status', id: 3 });
    expect(await host.until(aboutId(3))).toMatchObject({ value: { running: 0 } });
    expect(signals.map(({ aborted }) => aborted)).toEqual([true]);
    expect(host.received.some(aboutId(1))).toBe(false);
  });

  it('in mid-body ends the body', async () => {
    const body = openBody();
    const host = setUp({ handle: async () => new Response(body.stream) });
    host.send(ask, { type: 'pull', id: 1 });
    await host.until(ofType('head'));
    body.write('a');
    await host.until(ofType('chunk'));
    host.send({ type: 'abort', id: 1 }, { type: 'pull', id: 1 });
    body.write('b');
    host.send({ type: 'status', id: 2 });
    await host.until(aboutId(2));
    expect(host.received.filter(ofType('chunk'))).toHaveLength(1);
    expect(host.received.some(ofType('end'))).toBe(false);
  });
});

describe('a hostile host', () => {
  it('reaches nothing by names that every object has', async () => {
    const host = setUp();
    for (const [index, type] of ['constructor', '__proto__', 'toString', 'then'].entries()) {
      host.send({ type, id: index + 1 });
      expect(await host.until(aboutId(index + 1))).toMatchObject({ type: 'error', error: { code: 'bad-request' } });
    }
    host.send({ type: 'status', id: 9 });
    expect(await host.until(aboutId(9))).toMatchObject({ type: 'result' });
  });

  it('hears that a message is too large, and nothing of it is used', async () => {
    let asked = 0;
    const host = setUp({ handle: async () => (asked++, new Response('')) });
    host.send({ ...ask, body: 'x'.repeat(1_000_001) });
    expect(await host.until(aboutId(1))).toMatchObject({ type: 'error', error: { code: 'bad-request' } });
    expect(asked).toBe(0);
  });

  it('uses no number twice', async () => {
    const { signals, handle } = openForever();
    const host = setUp({ handle });
    host.send(ask, ask);
    expect(await host.until(ofType('error'))).toMatchObject({ id: 1, error: { code: 'bad-request' } });
    expect(signals).toHaveLength(1);
  });

  it('asks for no more than so many things at one time', async () => {
    const { signals, handle } = openForever();
    const host = setUp({ handle });
    for (let id = 1; id <= 40; id++) host.send({ ...ask, id });
    expect(await host.until(ofType('error'))).toMatchObject({ id: 33, error: { code: 'rate-limited' } });
    await host.until(aboutId(40));
    expect(signals).toHaveLength(32);
  });

  it('is cut off when it floods the port, and what was under way ends', async () => {
    const { signals, handle } = openForever();
    const host = setUp({ handle });
    host.send(ask);
    for (let i = 0; i < 5000; i++) host.send({ type: 'pull', id: 77 });
    expect(await host.until(ofType('closed'))).toMatchObject({ error: { code: 'rate-limited' } });
    expect(signals.map(({ aborted }) => aborted)).toEqual([true]);
    expect(host.closes).toEqual(['closed']);
  });

  it('may go on for ever at a pace', async () => {
    let nowMs = 0;
    const host = setUp({ now: () => nowMs++ * 5 });
    for (let i = 0; i < 6000; i++) host.send({ type: 'pull', id: 77 });
    host.send({ type: 'status', id: 1 });
    await host.until(aboutId(1));
    expect(host.closes).toEqual([]);
  });
});

describe('the end', () => {
  it.each<[string, (host: ReturnType<typeof setUp>) => void]>([
    ['by the host', (host) => host.send({ type: 'close' })],
    ['by the person', (host) => host.bridge.close(new HearthError('refused', 'No longer.'))],
  ])('%s ends everything, once', async (_, end) => {
    const { signals, handle } = openForever();
    const host = setUp({ handle });
    host.send(ask, { type: 'status', id: 2 });
    await host.until(aboutId(2));
    end(host);
    end(host);
    await host.until(ofType('closed'));
    expect(signals.map(({ aborted }) => aborted)).toEqual([true]);
    expect(host.closes).toEqual(['closed']);
    expect(host.received.filter(ofType('closed'))).toHaveLength(1);
  });

  it('is the last that a host hears, and the frame hears no more of the host', async () => {
    let finish!: (response: Response) => void;
    let asked = 0;
    const handle: Handler = () => {
      asked++;
      return new Promise((resolve) => (finish = resolve));
    };
    const host = setUp({ handle });
    host.send(ask, { type: 'status', id: 2 });
    await host.until(aboutId(2));
    host.bridge.close(new HearthError('refused', 'No longer.'));
    await host.until(ofType('closed'));
    const before = host.received.length;
    finish(new Response('late'));
    host.send({ ...ask, id: 3 });
    host.bridge.send({ type: 'ready' });
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(host.received).toHaveLength(before);
    expect(asked).toBe(1);
  });
});
