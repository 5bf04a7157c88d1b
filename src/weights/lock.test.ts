import { afterEach, expect, it, vi } from 'vitest';
import { isLocked, withLock } from './lock';

afterEach(() => vi.unstubAllGlobals());

const refuse = () => Promise.reject(new DOMException('The request was denied.', 'SecurityError'));

it.each([
  ['has none', {}],
  ['refuses them', { locks: { query: refuse, request: refuse } }],
])('lets one action after another run where the browser %s', async (_, navigator) => {
  vi.stubGlobal('navigator', navigator);
  const { signal } = new AbortController();
  const order: string[] = [];
  let finish = () => {};
  const first = withLock('model', signal, async () => {
    order.push('first begins');
    await new Promise<void>((resolve) => (finish = resolve));
    order.push('first ends');
  });
  await vi.waitFor(() => expect(order).toEqual(['first begins']));
  expect(await isLocked('model')).toBe(true);
  const second = withLock(
    'model',
    signal,
    async () => void order.push('second'),
    () => {
      order.push('second waits');
      finish();
    },
  );
  await Promise.all([first, second]);
  expect(order).toEqual(['first begins', 'second waits', 'first ends', 'second']);
  expect(await isLocked('model')).toBe(false);
});

it('who waits gives up at once, and who waits behind keeps waiting, where the browser has none', async () => {
  vi.stubGlobal('navigator', {});
  const controller = new AbortController();
  const { signal } = new AbortController();
  let finish = () => {};
  let hasEnded = false;
  const first = withLock('model', signal, async () => {
    await new Promise<void>((resolve) => (finish = resolve));
    hasEnded = true;
  });
  const second = withLock('model', controller.signal, () => expect.unreachable('it has given up'));
  const third = withLock('model', signal, async () => hasEnded);
  await Promise.resolve();
  controller.abort();
  await expect(second).rejects.toMatchObject({ name: 'AbortError' });
  expect([hasEnded, await isLocked('model')]).toEqual([false, true]);
  finish();
  await first;
  expect(await third).toBe(true);
  expect(await isLocked('model')).toBe(false);
});
