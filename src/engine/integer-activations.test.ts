import { expect, it } from 'vitest';
import { CpuBackend } from '../gpu/cpu-backend';
import { cpuBackend } from '../models/testing/decoders';
import type { PackedFormat } from '../quant/format';
import { Engine } from './index';
import { packCheckpoint, readCheckpoint } from './testing/checkpoint';
import { createRunner, recordForward } from './testing/forward';
import { describeIntegerActivations } from './testing/integer-activations';
import { shipped, uniform } from './testing/packings';

describeIntegerActivations(() => Promise.resolve(new CpuBackend()), true);

it('rounding takes its place in the norm, and two dispatches of a layer besides', async () => {
  const checkpoint = await readCheckpoint('public/models/tales-draft');
  const kernels = async (format: PackedFormat, lanes: number) => {
    const stored = packCheckpoint(checkpoint, uniform(format));
    const runner = await createRunner(cpuBackend(lanes), stored, { contextLength: 64, activationFormat: 'int8' });
    const step = recordForward(runner, 1, 1).filter(({ label }) => label.startsWith('layers.0.'));
    runner.destroy();
    return step.map(({ kernel }) => kernel.name);
  };
  for (const lanes of [1, 8]) {
    expect(await kernels({ kind: 'int8', group: 32, affine: false, scale: 'f16' }, lanes)).toEqual([
      ...['rms-norm/int8', 'matvec/int8', 'rotary-append', 'attention', 'quantize-rows', 'matvec/int8'],
      ...['rms-norm/int8', 'matvec/int8', 'quantize-rows', 'matvec/int8'],
    ]);
  }
  expect(await kernels({ kind: 'bf16' }, 8)).toHaveLength(6);
});

it('is refused, saying why, where the browser has no products of packed bytes', async () => {
  const engine = new Engine(
    new (class extends CpuBackend {
      override readonly hasPackedDots = false;
    })(),
  );
  const stored = packCheckpoint(await readCheckpoint('public/models/tales-draft'), shipped);
  await expect(engine.loadModel(stored, { activationFormat: 'int8' })).rejects.toMatchObject({
    code: 'bad-request',
    message: expect.stringMatching(/packed_4x8_integer_dot_product/),
  });
  await engine.dispose();
});
