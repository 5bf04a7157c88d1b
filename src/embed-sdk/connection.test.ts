import { afterEach, expect, it } from 'vitest';
import type { HostMessage } from '../protocol/embed-api';
import { openConnection } from './connection';

let channel: MessageChannel;

afterEach(() => {
  channel.port1.close();
  channel.port2.close();
});

/** A frame that says nothing by itself. */
function setUp(signal: AbortSignal) {
  channel = new MessageChannel();
  const { port1, port2 } = channel;
  const received: HostMessage[] = [];
  port1.addEventListener('message', ({ data }: MessageEvent<HostMessage>) => received.push(data));
  port1.start();
  return { received, frame: port1, opening: openConnection({ port: port2, onPanel() {}, signal }) };
}

const soon = () => new Promise((resolve) => setTimeout(resolve, 20));

it('gives up with the reason of the signal, and tells the frame', async () => {
  const controller = new AbortController();
  const { opening, received } = setUp(controller.signal);
  controller.abort(new Error('Too late.'));
  await expect(opening).rejects.toThrow('Too late.');
  await soon();
  expect(received).toEqual([{ type: 'close' }]);
});

it('stands when the signal fires after the yes, as a timeout does', async () => {
  const controller = new AbortController();
  const { opening, received, frame } = setUp(controller.signal);
  frame.postMessage({ type: 'ready' });
  const connection = await opening;
  controller.abort();
  connection.status().catch(() => {}); // nobody answers
  await soon();
  expect(received).toEqual([{ type: 'status', id: 1 }]);
});
