import { expect, it } from 'vitest';
import type { PreparedStep } from '../gpu/backend';
import { CpuBackend } from '../gpu/cpu-backend';
import { Recorder } from '../gpu/recorder';
import type { Call, Step } from '../gpu/recorder';
import { SPLIT } from '../kernels/attention/splits';
import { randomNumbers } from '../kernels/testing/twins';
import { present } from '../lib/invariant';
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

it('a first prompt and its answer find all their kernels compiled', async () => {
  const compiled = new Set<string>();
  const pipelineOf = ({ kernel, constants }: Call) => `${kernel.name} ${JSON.stringify(constants)}`;
  class Compiler extends CpuBackend {
    override prepare(step: Step): Promise<PreparedStep> {
      for (const call of step) compiled.add(pipelineOf(call));
      return super.prepare(step);
    }
  }
  const stored = packCheckpoint(await readCheckpoint('public/models/tales-draft'), shipped);
  const runner = await createRunner(new Compiler(), stored, { contextLength: 128, maxRows: 128 });
  for (const prefillRows of [0, 16, 40, 127]) {
    const step = runner.record({ ...decodeShape(1), prefillRows });
    expect(step.map(pipelineOf).filter((pipeline) => !compiled.has(pipeline))).toEqual([]);
  }
  runner.destroy();
});

it('a step that was recorded before the kernels changed is not kept after', async () => {
  const stored = packCheckpoint(await readCheckpoint('public/models/tales-draft'), shipped);
  const runner = await createRunner(new CpuBackend(), stored, { contextLength: 64 });
  const shape = { ...decodeShape(1), prefillRows: 5 };
  const before = runner.prepare(shape);
  runner.forgetSteps();
  const old = await before;
  expect(await runner.prepare(shape)).not.toBe(old);
  runner.destroy();
});

it('a step is used as it was until it has been recorded anew', async () => {
  const stored = packCheckpoint(await readCheckpoint('public/models/tales-draft'), shipped);
  const runner = await createRunner(new CpuBackend(), stored, { contextLength: 64 });
  const shape = { ...decodeShape(1), prefillRows: 5 };
  const old = await runner.prepare(shape);
  const pieces: boolean[] = [];
  for await (const _ of runner.renewSteps()) pieces.push((await runner.prepare(shape)) === old);
  expect(pieces.length).toBeGreaterThan(1);
  expect(pieces[0]).toBe(true); // it was asked for last
  expect(pieces.at(-1)).toBe(false);
  runner.destroy();
});

it('a long context takes another dispatch a layer, and gives the same logits', async () => {
  class ManyLanes extends CpuBackend {
    override readonly lanes = 8;
  }
  const stored = packCheckpoint(await readCheckpoint('public/models/tales-draft'), shipped);
  const runner = await createRunner(new ManyLanes(), stored, { contextLength: 3 * SPLIT });
  const { backend, target, inputs, cache } = runner;
  for (const { keys, values } of target.pools) {
    for (const pool of [keys, values]) backend.write(pool, 0, randomNumbers(pool.bytes, pool.bytes / 4));
  }
  const { slot } = present(cache.admit([0], '', runner.options.contextLength), 'room for a sequence');
  backend.write(inputs.tables, 0, cache.tables);
  const position = 2 * SPLIT + 3; // the third split has begun
  const logitsOf = async (step: Step) => {
    backend.write(inputs.rows, 0, Uint32Array.of(7, position, slot, 0));
    await backend.run(await backend.prepare(step));
    return new Uint32Array(await backend.read(target.logits));
  };
  const forward = (long: boolean) => {
    const recorder = new Recorder();
    target.record(recorder, inputs, 1, 1, { long });
    return recorder.finish();
  };
  const [short, long] = [forward(false), forward(true)];
  expect(long.length).toBe(short.length + target.shape.layers);
  const expected = await logitsOf(short);
  expect(new Set(expected).size).toBeGreaterThan(1000);
  expect(await logitsOf(long)).toEqual(expected);
  runner.destroy();
});
