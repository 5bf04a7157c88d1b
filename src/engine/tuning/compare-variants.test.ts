/** The choice among kernels that give the same bits, on a device whose clock is the test's. */
import { describe, expect, it } from 'vitest';
import type { DeviceBuffer, PreparedStep } from '../../gpu/backend';
import { CpuBackend } from '../../gpu/cpu-backend';
import { defineKernel } from '../../gpu/kernel';
import { Recorder } from '../../gpu/recorder';
import { compareVariants } from './compare-variants';
import type { Decision } from './tuning-table';

/** y = VALUE for every word of x, in so much time. */
const slowFill = defineKernel({
  name: 'slow-fill',
  bindings: [
    { name: 'x', access: 'read' },
    { name: 'y', access: 'read_write' },
  ],
  constants: ['VALUE', 'MICROSECONDS'],
  wgsl: () => '',
  cpu: ({ y }, { VALUE }) => void y.u32.fill(VALUE),
});

class ClockedBackend extends CpuBackend {
  nowMs = 0;
  /** Of each submission, in milliseconds. */
  readonly batches: number[] = [];

  constructor(readonly noise: (batch: number) => number = () => 1) {
    super();
  }

  override async run(prepared: PreparedStep): Promise<void> {
    const ms = prepared.step.reduce((sum, { constants }) => sum + constants['MICROSECONDS']! / 1000, 0.3);
    this.batches.push(ms);
    this.nowMs += ms * this.noise(this.batches.length);
    await super.run(prepared);
  }
}

interface Case {
  microseconds: number;
  value?: number;
}

async function decide(cases: readonly Case[], backend = new ClockedBackend()): Promise<[Decision, yields: number]> {
  const x = backend.createBuffer('x', 64);
  const y = backend.createBuffer('y', 64);
  const callOf = (constants: { VALUE: number; MICROSECONDS: number }, to: DeviceBuffer) => {
    const recorder = new Recorder();
    recorder.call('fill', slowFill, { x, y: to }, constants, [1, 1, 1]);
    return recorder.finish()[0]!;
  };
  const candidates = cases.map(({ microseconds, value = 7 }, i) => {
    const constants = { VALUE: value, MICROSECONDS: microseconds };
    const call = callOf(constants, y);
    return { variant: `variant ${i}`, places: [call, callOf(constants, y)], compared: call };
  });
  const fill = () => backend.write(y, 0, new Uint8Array(64));
  const comparing = compareVariants(backend, [candidates[0]!, ...candidates.slice(1)], {
    fill,
    now: () => backend.nowMs,
  });
  for (let yields = 0; ; yields++) {
    const { done, value } = await comparing.next();
    if (done) return [value, yields];
  }
}

describe('among variants', () => {
  it('the fastest is taken, with its gain', async () => {
    const [decision] = await decide([{ microseconds: 100 }, { microseconds: 50 }, { microseconds: 80 }]);
    expect(decision).toMatchObject({ variant: 'variant 1', refused: [] });
    expect(decision.gain).toBeGreaterThan(1.8); // a submission's own time is in both
    expect(decision.gain).toBeLessThan(2);
  });

  it('the default stays where another is hardly faster', async () => {
    const [decision] = await decide([{ microseconds: 100 }, { microseconds: 98 }]);
    expect(decision).toEqual({ variant: 'variant 0', gain: 1, refused: [] });
  });

  it('the default stays where another is faster only at times', async () => {
    const backend = new ClockedBackend((batch) => [1, 0.5, 1.6][batch % 3]!);
    const [decision] = await decide([{ microseconds: 100 }, { microseconds: 95 }], backend);
    expect(decision.variant).toBe('variant 0');
  });

  it('one that computes something else is refused, however fast it is', async () => {
    const [decision] = await decide([{ microseconds: 100 }, { microseconds: 10, value: 8 }]);
    expect(decision).toEqual({ variant: 'variant 0', gain: 1, refused: ['variant 1'] });
  });

  it('none is believed where all write zeros', async () => {
    const [decision] = await decide([
      { microseconds: 100, value: 0 },
      { microseconds: 50, value: 0 },
    ]);
    expect(decision).toEqual({ variant: 'variant 0', gain: 1, refused: ['variant 1'] });
  });

  it('no batch lasts long, not even of one that is three times as slow, and each is followed by a pause', async () => {
    for (const microseconds of [1, 20, 700, 6000]) {
      const backend = new ClockedBackend();
      const [, yields] = await decide([{ microseconds }, { microseconds: 3 * microseconds }], backend);
      expect(Math.max(...backend.batches)).toBeLessThanOrEqual(25);
      expect(yields).toBeGreaterThanOrEqual(backend.batches.length - 2); // two are compared bit by bit at once
    }
  });
});
