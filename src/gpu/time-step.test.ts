import { expect, it } from 'vitest';
import { CpuBackend } from './cpu-backend';
import { defineKernel } from './kernel';
import { Recorder } from './recorder';
import { timeStep } from './time-step';

it('times every dispatch of a step, in order, each as often as asked', async () => {
  let runs = 0;
  const kernel = defineKernel({
    name: 'busy',
    bindings: [{ name: 'y', access: 'read_write' }],
    constants: ['LOOPS'],
    wgsl: () => '',
    cpu: ({ y }, { LOOPS }) => {
      runs++;
      y.f32[0] = LOOPS;
    },
  });
  const backend = new CpuBackend();
  const y = backend.createBuffer('y', 4);
  const recorder = new Recorder();
  recorder.call('quick', kernel, { y }, { LOOPS: 10 }, [1, 1, 1]);
  recorder.call('slow', kernel, { y }, { LOOPS: 20 }, [1, 1, 1]);
  const [quick, slow] = await timeStep(backend, recorder.finish(), 3, 2);
  expect([quick?.call.label, slow?.call.label]).toEqual(['quick', 'slow']);
  expect(runs).toBe(2 * (3 + 1) * 2);
});
