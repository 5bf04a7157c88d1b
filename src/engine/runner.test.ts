import { expect, it } from 'vitest';
import { CpuBackend } from '../gpu/cpu-backend';
import { decodeShape } from './runner';
import { packCheckpoint, readCheckpoint } from './testing/checkpoint';
import { createRunner } from './testing/forward';
import { shipped } from './testing/packings';

it('a step in use is prepared once, however many shapes there are, and of those long unused none is kept', async () => {
  const stored = packCheckpoint(await readCheckpoint('public/models/tales-draft'), shipped);
  const runner = await createRunner(new CpuBackend(), stored, { contextLength: 64 });
  const used = await runner.prepare(decodeShape(1));
  const once = await runner.prepare({ ...decodeShape(1), prefillRows: 1 });
  for (let prefillRows = 2; prefillRows < 600; prefillRows++) {
    await runner.prepare({ ...decodeShape(1), prefillRows });
    expect(runner.prepare(decodeShape(1))).toBe(used);
  }
  const again = runner.prepare({ ...decodeShape(1), prefillRows: 1 });
  expect(again).toBeInstanceOf(Promise);
  expect(await again).not.toBe(once);
  runner.destroy();
});
