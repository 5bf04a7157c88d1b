import { afterEach, expect, it, vi } from 'vitest';
import { openTabChannel } from './channel';

afterEach(() => vi.unstubAllGlobals());

it('a browser that refuses channels is one that has none', () => {
  vi.stubGlobal('BroadcastChannel', function refuse() {
    throw new DOMException('The operation is insecure.', 'SecurityError');
  });
  expect(openTabChannel('tabs')).toBeNull();
});
