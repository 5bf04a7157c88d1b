import { afterEach, describe, expect, it } from 'vitest';
import { EMBED_VERSION, type FrameMessage } from '../protocol/embed-api';
import { shakeHands, type Host } from './handshake';

const origin = 'https://host.example';
const greeting = { hearth: 'connect', version: EMBED_VERSION, use: 'ask', model: 'tales', theme: 'dark' };
const ports: MessagePort[] = [];

afterEach(() => {
  for (const port of ports.splice(0)) port.close();
});

/** A frame's window below a fake parent. */
function openFrame() {
  let listener: ((event: MessageEvent) => void) | null = null;
  const said: { data: unknown; targetOrigin: unknown }[] = [];
  const parent = {
    postMessage: (data: unknown, targetOrigin?: unknown) => void said.push({ data, targetOrigin }),
  } as Pick<Window, 'postMessage'>;
  let host: Host | Error | null = null;
  const settled = shakeHands({
    parent,
    addEventListener(_, added, { signal }) {
      listener = added;
      signal.addEventListener('abort', () => (listener = null));
    },
  }).then(
    (found) => void (host = found),
    (error: Error) => void (host = error),
  );
  const { port1, port2 } = new MessageChannel();
  ports.push(port1, port2);
  return {
    parent,
    said,
    hostPort: port1,
    port: port2,
    settled,
    found: () => host,
    async receive(event: { source?: unknown; origin?: string; data?: unknown; ports?: MessagePort[] }) {
      listener?.({ source: parent, origin, data: greeting, ports: [port2], ...event } as unknown as MessageEvent);
      await Promise.resolve();
      await Promise.resolve();
    },
  };
}

it('says hello to whoever is above, and takes the port, with the origin that the browser tells', async () => {
  const frame = openFrame();
  expect(frame.said).toEqual([{ data: { hearth: 'hello', version: EMBED_VERSION }, targetOrigin: '*' }]);
  await frame.receive({ data: { ...greeting, origin: 'https://other.example' } });
  expect(frame.found()).toEqual({
    origin,
    port: frame.port,
    wishes: expect.objectContaining({ use: 'ask' }) as unknown,
  });
});

describe('passes over', () => {
  it.each<[string, Parameters<ReturnType<typeof openFrame>['receive']>[0]]>([
    ['another window', { source: { postMessage() {} } }],
    ['no window at all', { source: null }],
    ['a page without an origin', { origin: 'null' }],
    ['an empty origin', { origin: '' }],
    ['no port', { ports: [] }],
    ['no message', { data: null }],
    ['a text', { data: 'connect' }],
    ['another kind of message', { data: { ...greeting, hearth: 'hello' } }],
    ['a use that there is not', { data: { ...greeting, use: 'constructor' } }],
    ['a theme that there is not', { data: { ...greeting, theme: '__proto__' } }],
    ['a model with a giant name', { data: { ...greeting, model: 'x'.repeat(10_000_000) } }],
    ['a model that is no text', { data: { ...greeting, model: { toString: 'tales' } } }],
    ['an object without fields', { data: Object.create(null) }],
  ])('%s', async (_, event) => {
    const frame = openFrame();
    await frame.receive(event);
    expect(frame.found()).toBe(null);
    await frame.receive({}); // the right one is heard all the same
    expect(frame.found()).toMatchObject({ origin });
  });
});

it('tells a host of another version, and listens no longer', async () => {
  const frame = openFrame();
  const told = new Promise<FrameMessage>((resolve) => {
    frame.hostPort.onmessage = ({ data }: MessageEvent<FrameMessage>) => resolve(data);
  });
  await frame.receive({ data: { ...greeting, version: EMBED_VERSION + 1 } });
  await frame.settled;
  expect(frame.found()).toMatchObject({ code: 'bad-request' });
  expect(await told).toMatchObject({
    type: 'closed',
    error: { code: 'bad-request', hint: expect.stringMatching(/reload/i) as string },
  });
  await frame.receive({});
  expect(frame.found()).toBeInstanceOf(Error);
});

it('has one host: a second greeting changes nothing', async () => {
  const frame = openFrame();
  await frame.receive({});
  await frame.receive({ origin: 'https://other.example' });
  expect(frame.found()).toMatchObject({ origin });
});
