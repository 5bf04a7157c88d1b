import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import type { Kernel } from '../gpu/kernel';
import type { WebGpuBackend } from '../gpu/webgpu-backend';
import { gpuBackend } from '../kernels/testing/twins';
import { compareStep } from './compare-step';
import type { Runner } from './runner';
import { packCheckpoint, readCheckpoint } from './testing/checkpoint';
import { createRunner, Probe, recordForward } from './testing/forward';
import { shipped } from './testing/packings';

/** Positions before the step: into the second block. */
const HISTORY = 37;

let backend: WebGpuBackend;
let runner: Runner;
let probe: Probe;
beforeAll(async () => {
  backend = await gpuBackend();
  const stored = packCheckpoint(await readCheckpoint('public/models/tales-draft'), shipped);
  runner = await createRunner(backend, stored, { contextLength: 64, kvFormat: 'f16' });
  probe = new Probe(runner);
  await probe.prefill(Array.from({ length: HISTORY }, (_, i) => 100 + i));
});
beforeEach(() => (probe.position = HISTORY));
afterAll(() => backend.destroy());

/** The kernel under another name with one piece of its text replaced, as a slip of the finger would. */
function withTypo(kernel: Kernel, right: string, wrong: string): Kernel {
  return {
    ...kernel,
    name: `${kernel.name} with a typo`,
    wgsl(constants) {
      const text = kernel.wgsl(constants);
      expect(text).toContain(right);
      return text.replace(right, wrong);
    },
  };
}

it.each([1, 6])('every kernel of a step of %i rows agrees with its twin', async (rowCount) => {
  await probe.feed(Array.from({ length: rowCount }, (_, i) => 200 + i));
  for await (const { label, agrees } of compareStep(backend, recordForward(runner, rowCount, 1))) {
    expect(agrees, label).toBe(true);
  }
});

it.each([
  ['embed', 'vec4f(scale.x)', 'vec4f(-scale.x)'],
  ['rms-norm', 'WIDTH + EPSILON', 'WIDTH - EPSILON'],
  ['rotary-append', 'first * cosines - second', 'first * cosines + second'],
  ['attention', 'exp(own - highest)', 'exp(own + highest)'],
  ['matmul', 'exp(-result)', 'exp(result)'],
  ['matmul', '-ZERO * scale', 'ZERO * scale'],
  ['matvec', 'y[at] += result', 'y[at] -= result'],
  ['gather-rows', '= x[picked', '= -x[picked'],
])('a flipped sign in %s is found there first and nowhere else: %s', async (name, right, wrong) => {
  const rowCount = name === 'matvec' ? 1 : 6;
  await probe.feed(Array.from({ length: rowCount }, (_, i) => 300 + i));
  const step = recordForward(runner, rowCount, 1).map((call) => {
    return call.kernel.name === name ? { ...call, kernel: withTypo(call.kernel, right, wrong) } : call;
  });
  const found = new Set<string>();
  for await (const { kernel, agrees } of compareStep(backend, step)) if (!agrees) found.add(kernel);
  expect([...found]).toEqual([`${name} with a typo`]);
});
