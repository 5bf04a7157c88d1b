import * as Comlink from 'comlink';
import { expect, it, vi } from 'vitest';
import { createLog } from '../lib/log';
import { collectLog, forwardLog } from './log-message';

it('a thread’s entries reach the page beside its calls', async () => {
  const { port1, port2 } = new MessageChannel();
  const there = createLog('page');
  const here = createLog('page');
  forwardLog(there, 'engine', (message) => port1.postMessage(message));
  collectLog(here, port2);
  Comlink.expose({ add: (a: number, b: number) => (there.info('added', { a, b }), a + b) }, port1);
  const api = Comlink.wrap<{ add(a: number, b: number): number }>(port2);
  expect(await api.add(1, 2)).toBe(3);
  await vi.waitFor(() => expect(here.entries()).toHaveLength(1));
  expect(here.entries()[0]).toMatchObject({ thread: 'engine', event: 'added', details: { a: 1, b: 2 } });
  port1.close();
});
