import { expect, it } from 'vitest';
import { CpuBackend } from '../gpu/cpu-backend';
import { HearthError } from '../lib/errors';
import { benchGuessing } from './guess-bench';
import { TINY } from './testing/tiny';

it('where there is no room for the draft, the target does not stay on the device either', async () => {
  class SmallBackend extends CpuBackend {
    #settled = 0;

    override async settle(): Promise<void> {
      if (++this.#settled === 3) throw new HearthError('out-of-memory', 'No room.'); // the target takes two
    }
  }
  const backend = new SmallBackend();
  await expect(benchGuessing(backend, TINY, { rounds: 1 })).rejects.toMatchObject({ code: 'out-of-memory' });
  expect(backend.memory.takePeak()).toBeGreaterThan(0);
  expect(backend.memory.takePeak()).toBe(0);
});
