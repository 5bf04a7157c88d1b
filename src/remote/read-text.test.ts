import { expect, it } from 'vitest';
import { readText } from './read-text';

/** A body of pieces that never ends, unless `last` is given; counts what was asked of it. */
function endless(piece: string, last?: string) {
  const bytes = new TextEncoder().encode(piece);
  const seen = { pulls: 0, cancelled: false };
  const body = new ReadableStream<Uint8Array<ArrayBuffer>>({
    pull(controller) {
      seen.pulls++;
      if (last === undefined || seen.pulls < 3) return controller.enqueue(bytes);
      controller.enqueue(new TextEncoder().encode(last));
      controller.close();
    },
    cancel: () => void (seen.cancelled = true),
  });
  return { response: new Response(body), seen };
}

it('reads a body to its end, whole characters across pieces included', async () => {
  expect(await readText(new Response('grün'), 100)).toBe('grün');
  expect(await readText(endless('ab', 'c').response, 100)).toBe('ababc');
  const bytes = new TextEncoder().encode('é');
  const halves = new ReadableStream({
    start(controller) {
      controller.enqueue(bytes.subarray(0, 1));
      controller.enqueue(bytes.subarray(1));
      controller.close();
    },
  });
  expect(await readText(new Response(halves), 100)).toBe('é');
  expect(await readText(new Response(null), 100)).toBe('');
});

it('stops at the bound, and lets the connection go', async () => {
  const { response, seen } = endless('0123456789');
  expect(await readText(response, 25)).toBe('0123456789012345678901234'.slice(0, 25));
  expect(seen.cancelled).toBe(true);
  expect(seen.pulls).toBeLessThan(6);
});

it('tells of a connection that breaks off', async () => {
  const broken = new ReadableStream({ start: (controller) => controller.error(new TypeError('network')) });
  await expect(readText(new Response(broken), 100)).rejects.toThrow('network');
});
