import { afterEach, describe, expect, it } from 'vitest';
import { countingDevice } from '../engine/testing/counting-device';
import type { CountingDevice } from '../engine/testing/counting-device';
import { present } from '../lib/invariant';
import { defineKernel } from './kernel';
import { Recorder } from './recorder';
import { WebGpuBackend } from './webgpu-backend';

const addTo = defineKernel({
  name: 'add-to',
  bindings: [
    { name: 'x', access: 'read' },
    { name: 'y', access: 'read_write' },
  ],
  constants: ['SUMMAND'],
  wgsl: () => `
override SUMMAND: f32;
@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> y: array<f32>;
@compute @workgroup_size(1) fn main(@builtin(workgroup_id) id: vec3u) { y[id.x] = x[id.x] + SUMMAND; }`,
  cpu: () => {},
});

const backends: WebGpuBackend[] = [];
afterEach(() => backends.splice(0).forEach((backend) => backend.destroy()));

/** With steps that are never cut, unless `submitMs` says otherwise. */
async function create(submitMs = Infinity): Promise<{ backend: WebGpuBackend; counting: CountingDevice }> {
  const adapter = present(await navigator.gpu.requestAdapter(), 'a WebGPU adapter');
  const counting = countingDevice(await adapter.requestDevice());
  const backend = new WebGpuBackend(counting.device, { lanes: 1, submitMs });
  backends.push(backend);
  return { backend, counting };
}

function chain(backend: WebGpuBackend, summands: number[]) {
  const buffers = [0, ...summands].map((_, i) => backend.createBuffer(`b${i}`, 12));
  const recorder = new Recorder();
  summands.forEach((SUMMAND, i) => {
    recorder.call(`add ${i}`, addTo, { x: buffers[i]!, y: buffers[i + 1]! }, { SUMMAND }, [3, 1, 1]);
  });
  return { first: buffers[0]!, last: buffers.at(-1)!, step: recorder.finish() };
}

describe('WebGpuBackend', () => {
  it('runs dispatches in order and reads the result in the same submission', async () => {
    const { backend, counting } = await create();
    const { first, last, step } = chain(backend, [1, 10, 100]);
    backend.write(first, 4, Float32Array.of(0.5, 0.25));
    const prepared = await backend.prepare(step);
    const before = counting.snapshot();
    const words = new Uint32Array(3);
    const into = new Float32Array(words.buffer);
    await backend.runAndRead(prepared, [{ buffer: last, into: words }]);
    expect([...into]).toEqual([111, 111.5, 111.25]);
    const after = counting.snapshot();
    expect(after.submits - before.submits).toBe(1);
    expect(after.dispatches - before.dispatches).toBe(3);
    expect(new Float32Array(await backend.read(last))).toEqual(into);
  });

  it('cuts a step that takes too long into several submits, with one read-back and the same result', async () => {
    const { backend, counting } = await create(0); // everything takes too long
    const { first, last, step } = chain(backend, [1, 10, 100, 1000]);
    backend.write(first, 4, Float32Array.of(0.5, 0.25));
    const prepared = await backend.prepare(step);
    const words = new Uint32Array(3);
    for (let i = 0; i < 2; i++) {
      const before = counting.snapshot();
      await backend.runAndRead(prepared, [{ buffer: last, into: words }]);
      expect([...new Float32Array(words.buffer)]).toEqual([1111, 1111.5, 1111.25]);
      const after = counting.snapshot();
      expect(after.submits - before.submits).toBe(4);
      expect(after.dispatches - before.dispatches).toBe(4);
      expect(after.readBacks - before.readBacks).toBe(1);
    }
    const before = counting.snapshot();
    await backend.run(prepared);
    expect(counting.snapshot().submits - before.submits).toBe(4);
    await backend.run(await backend.prepare([])); // nothing to cut
  });

  it('makes a pipeline for each set of constants, a bind group for each set of buffers, and nothing twice', async () => {
    const { backend, counting } = await create();
    const { last, step } = chain(backend, [1, 2, 1, 2, 2]);
    const prepared = await backend.prepare(step);
    expect(counting.snapshot()).toMatchObject({ pipelines: 2, bindGroups: 5 });
    await backend.prepare(step);
    const words = new Uint32Array(3);
    const into = new Float32Array(words.buffer);
    await backend.runAndRead(prepared, [{ buffer: last, into: words }]);
    const made = counting.snapshot(); // one staging buffer by now
    for (let i = 0; i < 3; i++) await backend.runAndRead(prepared, [{ buffer: last, into: words }]);
    const { buffers, bindGroups, pipelines } = counting.snapshot();
    expect({ buffers, bindGroups, pipelines }).toEqual({ buffers: made.buffers, bindGroups: 5, pipelines: 2 });
    expect(into[0]).toBe(8);
  });

  it('reads into separate staging buffers when two reads are under way', async () => {
    const { backend } = await create();
    const { first, last, step } = chain(backend, [1]);
    backend.write(first, 0, Float32Array.of(1, 2, 3));
    const prepared = await backend.prepare(step);
    const results = [new Uint32Array(3), new Uint32Array(3)];
    await Promise.all([
      backend.runAndRead(prepared, [{ buffer: first, into: results[0]! }]),
      backend.runAndRead(prepared, [{ buffer: last, into: results[1]! }]),
    ]);
    expect(results.map(({ buffer }) => [...new Float32Array(buffer)])).toEqual([
      [1, 2, 3],
      [2, 3, 4],
    ]);
  });

  it('reports a shader that does not compile where it is prepared', async () => {
    const { backend } = await create();
    const broken = { ...addTo, name: 'broken', wgsl: () => 'not a shader' };
    const recorder = new Recorder();
    const [x, y] = [backend.createBuffer('x', 4), backend.createBuffer('y', 4)];
    recorder.call('broken', broken, { x, y }, { SUMMAND: 1 }, [1, 1, 1]);
    await expect(backend.prepare(recorder.finish())).rejects.toThrow(/broken/);
  });

  it('reports a buffer for which there is no room as out-of-memory, or as the refusal it is', async () => {
    const { backend } = await create();
    backend.createBuffer('huge', 2 ** 40);
    await expect(backend.settle()).rejects.toMatchObject({ name: 'HearthError' });
  });

  it('reports a lost device at every later call', async () => {
    const { backend, counting } = await create();
    const { last, step } = chain(backend, [1]);
    const prepared = await backend.prepare(step);
    counting.device.destroy();
    await counting.device.lost;
    const lost = { code: 'device-lost' };
    await expect(backend.run(prepared)).rejects.toMatchObject(lost);
    await expect(backend.read(last)).rejects.toMatchObject(lost);
    await expect(backend.settle()).rejects.toMatchObject(lost);
    expect(() => backend.createBuffer('late', 4)).toThrow(expect.objectContaining(lost));
  });
});
