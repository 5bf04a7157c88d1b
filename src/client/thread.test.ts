import * as Comlink from 'comlink';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { openThread, STOP_PATIENCE_MS } from './thread';

interface Api {
  greet(): Promise<string>;
  work(): Promise<void>;
  abort(): Promise<void>;
}

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }));
afterEach(() => void vi.useRealTimers());

/** A far side that answers `abort`, or hears nothing of it; one that is `silent` has not begun. */
function open({ stops = false, silent = false }) {
  const { port1, port2 } = new MessageChannel();
  const never = () => new Promise<never>(() => {});
  const api: Api = { greet: async () => 'hello', work: never, abort: stops ? async () => {} : never };
  if (!silent) Comlink.expose(api, port2);
  const terminate = vi.fn(() => port1.close());
  const port = Object.assign(port1, { terminate });
  return { thread: openThread<Api>(port, 'engine'), terminate, close: () => port2.close() };
}

it('ends a thread that does not hear that it is to stop, and whoever waits for it is told', async () => {
  const { thread, terminate, close } = open({});
  await thread.call((api) => api.greet());
  const outcomes = Promise.allSettled([thread.call((api) => api.work()), thread.stop((api) => api.abort())]);
  vi.advanceTimersByTime(STOP_PATIENCE_MS - 1);
  expect(terminate).not.toHaveBeenCalled();
  vi.advanceTimersByTime(1);
  const reason = {
    code: 'internal',
    message: 'The engine thread did not stop when it was told to.',
    hint: expect.stringMatching(/^Load the model again/) as string,
  };
  expect(await outcomes).toMatchObject([{ reason }, { reason }]);
  expect(terminate).toHaveBeenCalledOnce();
  close();
});

it('leaves a thread alone that has stopped', async () => {
  const { thread, terminate, close } = open({ stops: true });
  await thread.stop((api) => api.abort());
  vi.advanceTimersByTime(2 * STOP_PATIENCE_MS);
  expect(await thread.call((api) => api.greet())).toBe('hello');
  expect(terminate).not.toHaveBeenCalled();
  close();
});

it('waits for one that has not begun', () => {
  const { thread, terminate, close } = open({ silent: true });
  thread.stop((api) => api.abort()).catch(() => {});
  vi.advanceTimersByTime(2 * STOP_PATIENCE_MS);
  expect(terminate).not.toHaveBeenCalled();
  close();
});
