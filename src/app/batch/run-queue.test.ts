import { describe, expect, it } from 'vitest';
import { runQueue } from './run-queue';

/** Work that ends when the test says so. */
function setUp(rows: number, concurrency: number) {
  const begun: number[] = [];
  const cutOff: number[] = [];
  const settle = new Map<number, { end: () => void; fail: (error: Error) => void }>();
  const queue = runQueue(
    Array.from({ length: rows }, (_, row) => row),
    concurrency,
    (row, signal) =>
      new Promise((end, fail) => {
        begun.push(row);
        settle.set(row, { end, fail });
        signal.addEventListener('abort', () => {
          cutOff.push(row);
          end();
        });
      }),
  );
  async function end(...ended: number[]): Promise<void> {
    for (const row of ended) settle.get(row)?.end();
    await turn();
  }
  return { queue, begun, cutOff, end, fail: (row: number, error: Error) => settle.get(row)?.fail(error) };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

/** What a promise has come to, or null while it has not. */
async function now(promise: Promise<unknown>): Promise<unknown> {
  return Promise.race([promise, turn().then(() => null)]);
}

describe('a queue', () => {
  it('keeps as many rows in flight as it was told, in order', async () => {
    const { queue, begun, end } = setUp(5, 2);
    expect(begun).toEqual([0, 1]);
    await end(1);
    expect(begun).toEqual([0, 1, 2]);
    await end(0, 2);
    expect(begun).toEqual([0, 1, 2, 3, 4]);
    expect(await now(queue.ended)).toBeNull();
    await end(3, 4);
    expect(await now(queue.ended)).toBe('finished');
  });

  it('without rows has finished', async () => {
    expect(await setUp(0, 3).queue.ended).toBe('finished');
  });

  it('that is paused begins no row and ends with those in flight', async () => {
    const { queue, begun, cutOff, end } = setUp(5, 2);
    queue.pause();
    await end(0);
    expect(await now(queue.ended)).toBeNull();
    await end(1);
    expect(await now(queue.ended)).toBe('paused');
    expect(begun).toEqual([0, 1]);
    expect(cutOff).toEqual([]);
  });

  it('that is stopped cuts off the rows in flight, also when it was paused before', async () => {
    for (const pauseFirst of [false, true]) {
      const { queue, begun, cutOff } = setUp(5, 2);
      if (pauseFirst) queue.pause();
      queue.stop();
      expect(await now(queue.ended)).toBe('stopped');
      expect(begun).toEqual([0, 1]);
      expect(cutOff).toEqual([0, 1]);
    }
  });

  it('has finished when it is paused over its last rows', async () => {
    const { queue, end } = setUp(2, 8);
    queue.pause();
    await end(0, 1);
    expect(await now(queue.ended)).toBe('finished');
  });

  it('follows another number of rows at once', async () => {
    const { queue, begun, end } = setUp(6, 1);
    queue.setConcurrency(3);
    expect(begun).toEqual([0, 1, 2]);
    queue.setConcurrency(1);
    await end(0, 1);
    expect(begun).toEqual([0, 1, 2]);
    await end(2);
    expect(begun).toEqual([0, 1, 2, 3]);
    queue.stop();
    await queue.ended;
  });

  it('ends with the first error, after all in flight have ended', async () => {
    const { queue, begun, cutOff, fail } = setUp(6, 3);
    fail(1, new Error('lost'));
    await expect(queue.ended).rejects.toThrow('lost');
    expect(begun).toEqual([0, 1, 2]);
    expect(cutOff.filter((row) => row !== 1)).toEqual([0, 2]);
  });
});
