import { expect, it } from 'vitest';
import { CpuBackend } from '../gpu/cpu-backend';
import { measureReading } from './measure-reading';

it('finds on the processor how fast each kind of weights is read, and leaves nothing behind', async () => {
  let live = 0;
  class CountingBackend extends CpuBackend {
    override createBuffer(label: string, bytes: number) {
      live++;
      const buffer = super.createBuffer(label, bytes);
      const { destroy } = buffer;
      return Object.assign(buffer, {
        destroy() {
          live--;
          destroy.call(buffer);
        },
      });
    }
  }
  const { bytesPerSecond, dispatchSeconds } = await measureReading(new CountingBackend());
  for (const rate of Object.values(bytesPerSecond)) expect(rate).toBeGreaterThan(0);
  // Next to nothing to do takes less than a product over a megabyte.
  expect(dispatchSeconds).toBeLessThan(2 ** 20 / bytesPerSecond.int4);
  expect(live).toBe(0);
});
