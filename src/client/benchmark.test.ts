import * as Comlink from 'comlink';
import { expect, it, vi } from 'vitest';
import type { BenchApi, BenchReport } from '../protocol/bench-api';
import { createBenchmark } from './benchmark';
import { createEngineHolder } from './engine-holder';
import { createFakeSite } from './testing/fake-site';

const report = { version: 3 } as BenchReport;

/** A thread at the other end of a channel. */
function setUp(run: BenchApi['run'], holder = createEngineHolder({ locks: null, channel: null })) {
  const terminate = vi.fn();
  const open = vi.fn(() => {
    const { port1, port2 } = new MessageChannel();
    Comlink.expose({ run, offer: () => expect.unreachable() } satisfies BenchApi, port2);
    port1.start();
    return Object.assign(port1, {
      terminate() {
        terminate();
        port1.close();
      },
    });
  });
  return { benchmark: createBenchmark(open, holder), open, terminate };
}

it('measures in a thread that ends with the run', async () => {
  const { benchmark, terminate } = setUp(async (wishes, onProgress) => {
    onProgress({ share: 0.5, shape: wishes.shapes?.[0] ?? null });
    await new Promise((done) => setTimeout(done, 20)); // progress has a port of its own
    return report;
  });
  const onProgress = vi.fn();
  expect(await benchmark.run({ shapes: ['a'] }, { onProgress })).toEqual(report);
  expect(onProgress).toHaveBeenCalledWith({ share: 0.5, shape: 'a' });
  expect(terminate).toHaveBeenCalledOnce();
});

it('a run that is stopped ends its thread at once, in the middle of whatever it does', async () => {
  const { benchmark, open, terminate } = setUp(() => new Promise(() => {}));
  const controller = new AbortController();
  const running = benchmark.run({}, { signal: controller.signal });
  await vi.waitFor(() => expect(open).toHaveBeenCalledOnce());
  controller.abort();
  await expect(running).rejects.toMatchObject({ code: 'aborted' });
  expect(terminate).toHaveBeenCalledOnce();
  await expect(benchmark.run({}, { signal: controller.signal })).rejects.toMatchObject({ code: 'aborted' });
  expect(open).toHaveBeenCalledOnce();
});

it('a run ends at once when another tab takes the engine, and none begins while that has it', async () => {
  const site = createFakeSite();
  const [here, there] = [createEngineHolder(site.open().parts), createEngineHolder(site.open().parts)];
  const { benchmark, open, terminate } = setUp(() => new Promise(() => {}), here);
  const running = benchmark.run();
  await vi.waitFor(() => expect(open).toHaveBeenCalledOnce());
  await vi.waitFor(() => expect(there.place()).toEqual({ at: 'elsewhere', use: 'benchmark' }));
  await Promise.all([expect(running).rejects.toMatchObject({ code: 'engine-taken' }), there.takeOver()]);
  expect(terminate).toHaveBeenCalledOnce();
  await expect(benchmark.run()).rejects.toMatchObject({ code: 'engine-elsewhere' });
  expect(open).toHaveBeenCalledOnce();
});
