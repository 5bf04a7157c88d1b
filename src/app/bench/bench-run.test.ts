import { expect, it, vi } from 'vitest';
import { HearthError, type Benchmark, type BenchReport } from '../../client';
import { BENCH_RESULT_KEY, readResult } from './kept-result';
import { createBenchRun } from './bench-run';

const device = { kind: 'webgpu', adapter: 'test', reason: null, features: [], limits: {} } as const;
const shapes = [
  { name: 'small', weightBytes: 1, isQuick: true },
  { name: 'large', weightBytes: 2, isQuick: false },
];
const report = { version: 3, models: [] } as unknown as BenchReport;

function setUp(run: Benchmark['run'] = async () => report, kept: Record<string, string> = {}) {
  const storage = {
    getItem: (key: string) => kept[key] ?? null,
    setItem: (key: string, text: string) => void (kept[key] = text),
  };
  const offer = async () => ({ device: { ...device, features: [] }, shapes });
  const benchmark = { offer, run: vi.fn(run) };
  return { store: createBenchRun({ benchmark, storage, now: () => 7 }), benchmark, kept, storage };
}

it('chooses what is quick, makes room, runs that, and keeps the result for the next visit', async () => {
  const order: string[] = [];
  const { store, benchmark, storage } = setUp(async (_, { onProgress } = {}) => {
    order.push('run');
    onProgress?.({ share: 0.5, shape: 'small' });
    order.push(String(store.getState().progress?.share));
    return report;
  });
  await store.getState().open();
  expect(store.getState().chosen).toEqual(['small']);
  store.getState().setTuned(true);
  await store.getState().run(async () => void order.push('room'));
  expect(order).toEqual(['room', 'run', '0.5']);
  expect(benchmark.run.mock.calls[0]![0]).toMatchObject({ shapes: ['small'], rounds: 3, tuned: true });
  expect(store.getState()).toMatchObject({ progress: null, problem: null });
  expect(readResult(storage)).toEqual({ measuredAt: 7, report });
});

it('a run that is stopped leaves the last result and no problem; one that fails says why', async () => {
  let fail: (reason: HearthError) => void = () => expect.unreachable();
  const { store, benchmark, kept } = setUp((_, { signal } = {}) => {
    return new Promise((_, reject) => {
      fail = reject;
      signal?.addEventListener('abort', () => reject(new HearthError('aborted', 'It was stopped.')));
    });
  });
  await store.getState().open();
  const stopped = store.getState().run(async () => {});
  await vi.waitFor(() => expect(benchmark.run).toHaveBeenCalledTimes(1));
  store.getState().stop();
  await stopped;
  expect(store.getState()).toMatchObject({ progress: null, problem: null, result: null });
  const failed = store.getState().run(async () => {});
  await vi.waitFor(() => expect(benchmark.run).toHaveBeenCalledTimes(2));
  fail(new HearthError('device-lost', 'It has gone.'));
  await failed;
  expect(store.getState()).toMatchObject({ progress: null, problem: { code: 'device-lost' } });
  expect(kept).toEqual({});
});

it('nothing runs where nothing is chosen', async () => {
  const { store, benchmark } = setUp();
  await store.getState().open();
  store.getState().choose('large', true);
  store.getState().choose('small', false);
  expect(store.getState().chosen).toEqual(['large']);
  store.getState().choose('large', false);
  await store.getState().run(async () => {});
  expect(benchmark.run).not.toHaveBeenCalled();
});

it('a kept result that is broken or of another version is as none', () => {
  for (const text of ['', '{', '{}', 'null', JSON.stringify({ measuredAt: 1, report: { version: 1 } })])
    expect(readResult({ getItem: (key) => (key === BENCH_RESULT_KEY ? text : null) })).toBeNull();
});
