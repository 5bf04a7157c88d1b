import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { FirefoxReadback, isFirefox } from './firefox-readback';
import { WebGpuBackend } from './webgpu-backend';

const FIREFOX = 'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:141.0) Gecko/20100101 Firefox/141.0';
const CHROME = 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/144.0.0.0 Safari/537.36';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

/** A queue that tells of finished work only when the next command arrives, as Firefox's does between its timers. */
class SleepyQueue {
  submits = 0;
  readonly #waiting: (() => void)[] = [];

  submit(): void {
    this.submits++;
    this.#waiting.shift()?.();
  }

  onSubmittedWorkDone(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }
}

/** A device on such a queue, with as much as reading a buffer takes. */
function sleepyDevice(queue: SleepyQueue): GPUDevice {
  const device = {
    queue,
    features: new Set(),
    limits: {},
    adapterInfo: {},
    lost: new Promise(() => {}),
    addEventListener: () => {},
    createCommandEncoder: () => ({ copyBufferToBuffer: () => {}, finish: () => {} }),
    createBuffer: ({ size }: GPUBufferDescriptor) => ({
      size,
      mapAsync: () => queue.onSubmittedWorkDone(),
      getMappedRange: (offset: number, bytes: number) =>
        Uint8Array.from({ length: bytes }, (_, i) => offset + i).buffer,
      destroy: () => {},
    }),
  };
  return device as unknown as GPUDevice;
}

describe('WebGpuBackend', () => {
  it.each([
    ['hurries read-backs in Firefox', FIREFOX, 2],
    ['submits nothing of its own elsewhere', CHROME, 1],
  ])('%s', async (_, userAgent, submits) => {
    vi.stubGlobal('navigator', { userAgent });
    vi.stubGlobal('GPUBufferUsage', {});
    vi.stubGlobal('GPUMapMode', {});
    const queue = new SleepyQueue();
    const backend = new WebGpuBackend(sleepyDevice(queue), { lanes: 1 });
    let found: ArrayBuffer | null = null;
    void backend.read(backend.createBuffer('results', 3)).then((bytes) => (found = bytes));
    await vi.advanceTimersByTimeAsync(90); // Firefox's own timer is longer
    expect(queue.submits).toBe(submits);
    expect(found).toEqual(userAgent === FIREFOX ? Uint8Array.of(0, 1, 2).buffer : null);
  });
});

describe('FirefoxReadback', () => {
  it('sends commands for as long as somebody waits, and none before or after', async () => {
    const queue = new SleepyQueue();
    const readback = new FirefoxReadback(queue as unknown as GPUQueue);
    await vi.advanceTimersByTimeAsync(1000);
    expect(queue.submits).toBe(0);
    const told = [1, 2, 3].map(() => readback.hurry(queue.onSubmittedWorkDone()));
    await vi.advanceTimersByTimeAsync(1000);
    await Promise.all(told);
    expect(queue.submits).toBe(3); // one timer for all who wait
    const again = readback.hurry(queue.onSubmittedWorkDone());
    await vi.advanceTimersByTimeAsync(1000);
    await again;
    expect(queue.submits).toBe(4);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('gives what was waited for, or why it failed, and stops in either case', async () => {
    const readback = new FirefoxReadback(new SleepyQueue() as unknown as GPUQueue);
    expect(await readback.hurry(Promise.resolve('mapped'))).toBe('mapped');
    const lost = new Error('the device is lost');
    await expect(readback.hurry(Promise.reject(lost))).rejects.toBe(lost);
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe('isFirefox', () => {
  it.each([
    [FIREFOX, true],
    ['Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:147.0) Gecko/20100101 Firefox/147.0', true],
    [CHROME, false],
    ['Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 Safari/605.1.15', false], // prettier-ignore
    ['Node.js/20', false],
  ])('tells browsers by their user agent: %s', (userAgent, expected) => {
    expect(isFirefox(userAgent)).toBe(expected);
  });
});
