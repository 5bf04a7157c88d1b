import { afterEach, expect, it, vi } from 'vitest';
import { batchTabsHere } from './tabs';

afterEach(() => vi.unstubAllGlobals());

it('a batch runs also where the browser refuses locks', async () => {
  const refuse = () => Promise.reject(new DOMException('The request was denied.', 'SecurityError'));
  vi.stubGlobal('navigator', { locks: { query: refuse, request: refuse } });
  const work = vi.fn(() => Promise.resolve());
  expect(await batchTabsHere().runAlone(work)).toBe(true);
  expect(work).toHaveBeenCalledOnce();
});
