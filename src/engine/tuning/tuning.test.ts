/** Kernels are tuned while nobody asks for anything, and nobody who asks notices. */
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { PreparedStep } from '../../gpu/backend';
import type { Call } from '../../gpu/recorder';
import type { ProductKey } from '../../kernels/product-variants';
import type { StoredWeights } from '../../weights/manifest';
import { Engine } from '../index';
import type { Model, Prompt } from '../index';
import { packCheckpoint, readCheckpoint } from '../testing/checkpoint';
import { uniform } from '../testing/packings';
import { answer } from '../testing/speculation';
import { SpyBackend } from '../testing/spy-backend';
import type { TuningRecord } from './tuning-table';

vi.mock('../../kernels/product-variants', async (original) => ({
  ...(await original<object>()),
  ROW_CLASSES: [1],
  productVariants({ rows, result }: ProductKey) {
    const workgroups = result === 'ranks' ? [16] : [16, FAST, WRONG]; // a rank is that of a workgroup
    return workgroups.map((workgroup) => {
      return { kernel: 'direct', workgroup, outputsPerThread: 4, rowsPerThread: rows === 1 ? 1 : 4, whole: false };
    });
  },
}));

vi.mock('../../kernels/attention/attention-variants', async (original) => ({
  ...(await original<object>()),
  attentionVariants: () => [
    { queries: 4, teams: 1, sharers: 1 },
    { queries: 4, teams: 2, sharers: 1 },
    { queries: 1, teams: 1, sharers: 1 },
  ],
}));

/** Threads of a workgroup whose kernels are twice as fast on the device below, and of one whose results are wrong there. */
const FAST = 32;
const WRONG = 64;

/** Of attention two teams are twice as fast, and one head at a time is wrong. */
const FAST_ATTENTION = 64;

const STORY: Prompt = { kind: 'chat', messages: [{ role: 'user', content: 'Tell me a story about a dog.' }] };
const OPTIONS = { temperature: 0.8, topK: 0, seed: 4, maxTokens: 6 };

let stored: StoredWeights;
let engine: Engine;
let record: TuningRecord | null;
let nowMs: number;
beforeAll(async () => {
  stored = packCheckpoint(await readCheckpoint('public/models/tales-draft'), uniform({ kind: 'f32' }));
});
beforeEach(() => {
  record = null;
  nowMs = 0;
  vi.spyOn(performance, 'now').mockImplementation(() => nowMs);
});
afterEach(async () => {
  await engine.dispose();
  vi.restoreAllMocks();
});

/** A device whose products and attentions take five milliseconds, and whose submissions are counted. */
class TunedBackend extends SpyBackend {
  /** Submissions of one of them alone. */
  batches = 0;
  /** Of products, and of attentions, in all other steps. */
  readonly workgroups = new Set<number>();
  readonly attending = new Set<number>();
  onBatch: (() => void) | null = null;

  override async run(prepared: PreparedStep): Promise<void> {
    const isAttention = ({ kernel }: Call) => kernel.name === 'attention';
    const tunable = prepared.step.filter((call) => isAttention(call) || call.kernel.name.startsWith('mat'));
    const isBatch = tunable.length === prepared.step.length;
    const done = super.run(prepared);
    for (const call of tunable) {
      const { WORKGROUP = 0, HEADS } = call.constants;
      const isFast = WORKGROUP === (isAttention(call) ? FAST_ATTENTION : FAST);
      const isWrong = isAttention(call) ? HEADS === 1 : WORKGROUP === WRONG;
      nowMs += isFast ? 2.5 : 5;
      if (!isBatch) (isAttention(call) ? this.attending : this.workgroups).add(WORKGROUP);
      if (isWrong) this.write(call.buffers.at(-1)!, 0, new Uint32Array([1]));
    }
    if (isBatch) {
      this.batches++;
      this.onBatch?.();
    }
    await done;
  }
}

async function load(backend: TunedBackend, draft: StoredWeights | null = null): Promise<Model> {
  const store = { read: async () => record, write: async (next: TuningRecord) => void (record = next) };
  engine = new Engine(backend, null, { store, build: 'this build' });
  return engine.loadModel(stored, { contextLength: 64, maxRows: 4, draft });
}

function isOfAttention({ point }: { point: string }): boolean {
  return point.startsWith('group=');
}

/** Waits until all is measured. @returns the submissions that took */
async function tuned(backend: TunedBackend): Promise<number> {
  await vi.waitFor(() => expect(backend.batches).toBeGreaterThan(0), { timeout: 20_000, interval: 5 });
  for (let last = -1; last !== backend.batches; await new Promise((resolve) => setTimeout(resolve, 300))) {
    last = backend.batches;
  }
  return backend.batches;
}

describe('tuning', () => {
  it('begins after the first answer, takes what is faster, refuses what is wrong, and changes no token', async () => {
    const backend = new TunedBackend();
    const model = await load(backend);
    const before = await answer(model, STORY, OPTIONS);
    expect(backend.batches).toBe(0);
    const batches = await tuned(backend);
    const { points } = await engine.tuning();
    expect(points.length).toBeGreaterThan(4);
    expect(points.filter(isOfAttention).length).toBeGreaterThan(1);
    for (const point of points) {
      const [fast, wrong] = isOfAttention(point)
        ? ['teams=2', 'queries=1']
        : [`workgroup=${FAST}`, `workgroup=${WRONG}`];
      expect(point).toMatchObject({
        variant: expect.stringContaining(fast),
        gain: 2,
        refused: [expect.stringContaining(wrong)],
      });
    }
    expect(backend.workgroups).toEqual(new Set([16]));
    expect(backend.attending).toEqual(new Set([32]));
    expect((await answer(model, STORY, OPTIONS)).ids).toEqual(before.ids);
    expect(backend.workgroups).toEqual(new Set([16, FAST]));
    expect(backend.attending).toEqual(new Set([32, FAST_ATTENTION]));
    expect(await tuned(backend)).toBe(batches); // once
    expect(record?.device).toBe('CPU, this build');

    await engine.dispose();
    const next = new TunedBackend();
    const again = await load(next);
    next.workgroups.clear();
    expect((await answer(again, STORY, OPTIONS)).ids).toEqual(before.ids);
    expect(next.workgroups).toContain(FAST);
  });

  it('lets whoever asks meanwhile wait for one batch at most, and goes on afterwards', async () => {
    const backend = new TunedBackend();
    const model = await load(backend);
    const before = await answer(model, STORY, OPTIONS);
    const asked = new Promise<Awaited<ReturnType<typeof answer>>>((resolve) => {
      backend.onBatch = () => {
        if (backend.batches !== 10) return;
        resolve(answer(model, STORY, OPTIONS).then((found) => ({ ...found, batchesMeanwhile: backend.batches - 10 })));
      };
    });
    expect(await asked).toMatchObject({ ids: before.ids, batchesMeanwhile: 0 });
    expect(await tuned(backend)).toBeGreaterThan(20);
  });

  it('has whoever asks meanwhile use what is decided by then, and prepare nothing for it', async () => {
    const backend = new TunedBackend();
    const model = await load(backend);
    const before = await answer(model, STORY, OPTIONS);
    await tuned(backend);
    const all = (await engine.tuning()).points.length;
    await engine.tuneAgain();
    await answer(model, STORY, OPTIONS); // knows its steps again
    backend.workgroups.clear();
    const asked = new Promise<Awaited<ReturnType<typeof answer>>>((resolve) => {
      backend.onBatch = () => {
        const { length } = Object.keys(record?.decisions ?? {});
        if (length < 2) return;
        backend.onBatch = null;
        expect(length).toBeLessThan(all);
        const prepare = vi.spyOn(backend, 'prepare');
        const found = answer(model, STORY, OPTIONS);
        resolve(found.finally(() => expect(prepare.mock.calls.filter(([{ length: calls }]) => calls > 1)).toEqual([])));
      };
    });
    expect((await asked).ids).toEqual(before.ids);
    expect(backend.workgroups).toEqual(new Set([16, FAST]));
  });

  it('is off where it is switched off, and forgets what it is told to', async () => {
    const backend = new TunedBackend();
    const model = await load(backend);
    await engine.setTuning(false);
    const before = await answer(model, STORY, OPTIONS);
    await new Promise((resolve) => setTimeout(resolve, 400));
    expect(backend.batches).toBe(0);
    await engine.setTuning(true);
    await tuned(backend);
    await answer(model, STORY, OPTIONS);
    expect(backend.workgroups).toContain(FAST);
    await engine.setTuning(false);
    backend.workgroups.clear();
    expect((await answer(model, STORY, OPTIONS)).ids).toEqual(before.ids);
    expect(backend.workgroups).toEqual(new Set([16]));
    const batches = backend.batches;
    await engine.setTuning(true);
    await engine.tuneAgain();
    expect((await engine.tuning()).points).toEqual([]);
    expect(await tuned(backend)).toBeGreaterThan(batches);
    expect((await engine.tuning()).points.length).toBeGreaterThan(4);
  });

  it('stops where it is switched off halfway, and measures everything where it is told to begin again halfway', async () => {
    const backend = new TunedBackend();
    const model = await load(backend);
    await answer(model, STORY, OPTIONS);
    const halfway = async (least: number) => {
      await vi.waitFor(() => expect(backend.batches).toBeGreaterThan(least), { timeout: 20_000, interval: 1 });
      return (await engine.tuning()).points.length;
    };
    const known = await halfway(30);
    expect(known).toBeGreaterThan(0);
    await engine.setTuning(false);
    const batches = backend.batches;
    await new Promise((resolve) => setTimeout(resolve, 400));
    expect(backend.batches - batches).toBeLessThanOrEqual(1); // the one that was under way
    await engine.setTuning(true);
    await halfway(batches + 30);
    await engine.tuneAgain();
    await tuned(backend);
    const { points } = await engine.tuning();
    await engine.tuneAgain();
    await tuned(backend);
    expect(points.map(({ point }) => point).toSorted()).toEqual(
      (await engine.tuning()).points.map(({ point }) => point).toSorted(),
    );
  });

  it('has one table for all who ask at once', async () => {
    const read = vi.fn<() => Promise<TuningRecord | null>>(async () => null);
    engine = new Engine(new TunedBackend(), null, { store: { read, write: async () => {} }, build: 'this build' });
    await Promise.all([engine.setTuning(false), engine.setTuning(false)]);
    expect(await engine.tuning()).toEqual({ isOn: false, points: [] });
    expect(read).toHaveBeenCalledTimes(1);
  });

  it('measures what guessing costs again, once other kernels are used', async () => {
    const backend = new TunedBackend();
    const model = await load(backend, stored);
    await answer(model, STORY, OPTIONS);
    await vi.waitFor(() => expect(model.speculation.costs).not.toBeNull(), { timeout: 20_000, interval: 1 });
    const first = model.speculation.costs;
    expect(backend.workgroups).toEqual(new Set([16]));
    await vi.waitFor(() => expect(model.speculation.costs).not.toBe(first), { timeout: 20_000, interval: 5 });
    expect(backend.workgroups).toContain(FAST);
  });
});
