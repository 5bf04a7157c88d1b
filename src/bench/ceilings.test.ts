import { afterEach, expect, it, vi } from 'vitest';
import type { PreparedStep } from '../gpu/backend';
import { CpuBackend } from '../gpu/cpu-backend';
import { measureCeilings } from './ceilings';

afterEach(() => void vi.restoreAllMocks());

it('what submitting costs is not taken for the limit of a fast device', async () => {
  let nowMs = 0;
  vi.spyOn(performance, 'now').mockImplementation(() => nowMs);
  class FastBackend extends CpuBackend {
    override async run(prepared: PreparedStep): Promise<void> {
      nowMs += 0.5 + 0.05 * prepared.step.length;
      if (prepared.step[0]!.buffers[0]!.label === 'check source') await super.run(prepared);
    }
  }
  const { readBytesPerSecond } = await measureCeilings(new FastBackend(), { small: true, rounds: 1 });
  const perDispatch = 32 * 2 ** 20;
  expect(readBytesPerSecond.median / (perDispatch / 0.05e-3)).toBeGreaterThan(0.95);
});
