import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { createSaver, SAVE_INTERVAL_MS } from './saver';

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

it('writes the first change at once, later ones at most once a second, and the last one always', async () => {
  const times: number[] = [];
  const saver = createSaver(async () => void times.push(Date.now()));
  const start = Date.now();
  for (let ms = 0; ms < 2500; ms += 10) {
    saver.touch();
    await vi.advanceTimersByTimeAsync(10);
  }
  await vi.advanceTimersByTimeAsync(5000);
  expect(times.map((time) => time - start)).toEqual([0, 1000, 2000, 3000]);
});

it('never lets two writes overlap, and writes again what changed during one', async () => {
  let running = 0;
  let most = 0;
  let writes = 0;
  const saver = createSaver(async () => {
    most = Math.max(most, ++running);
    writes++;
    await new Promise((resolve) => setTimeout(resolve, 3 * SAVE_INTERVAL_MS));
    running--;
  });
  saver.touch();
  for (let ms = 0; ms < 5000; ms += 100) {
    saver.touch();
    await vi.advanceTimersByTimeAsync(100);
  }
  await vi.advanceTimersByTimeAsync(10_000);
  expect({ most, writes }).toEqual({ most: 1, writes: 3 });
});

it('does not trust its timer: a change after a second is written at once', async () => {
  const save = vi.fn<() => Promise<void>>(async () => {});
  const saver = createSaver(save);
  saver.touch();
  await vi.advanceTimersByTimeAsync(1);
  saver.touch(); // sets a timer, which the browser of a hidden tab holds back:
  vi.spyOn(performance, 'now').mockReturnValue(performance.now() + SAVE_INTERVAL_MS);
  saver.touch();
  expect(save).toHaveBeenCalledTimes(2);
  vi.mocked(performance.now).mockRestore();
});

it('flushes what was there at the call, once, even while more keeps coming', async () => {
  let text = 'a';
  const saved: string[] = [];
  const saver = createSaver(async () => {
    saved.push(text);
    await Promise.resolve();
    text += '!';
    saver.touch();
  });
  saver.touch();
  await saver.flush();
  text = 'b';
  await saver.flush();
  expect(saved).toEqual(['a', 'b']);
  expect(saver.isDirty()).toBe(true);
});

it('goes on after a write has failed', async () => {
  const save = vi.fn<() => Promise<void>>().mockRejectedValueOnce(new Error('no')).mockResolvedValue();
  const saver = createSaver(save);
  saver.touch();
  await vi.advanceTimersByTimeAsync(SAVE_INTERVAL_MS);
  saver.touch();
  await vi.advanceTimersByTimeAsync(SAVE_INTERVAL_MS);
  expect(save).toHaveBeenCalledTimes(2);
});
