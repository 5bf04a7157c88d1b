import { describe, expect, it } from 'vitest';
import type { DeviceBuffer } from './backend';
import { CpuBackend } from './cpu-backend';
import { defineKernel, gridOf, MAX_WORKGROUPS, overridesOf } from './kernel';
import { describeStep, Recorder } from './recorder';

const double = defineKernel({
  name: 'double',
  bindings: [
    { name: 'x', access: 'read' },
    { name: 'y', access: 'read_write' },
  ],
  constants: ['COUNT'],
  wgsl: () => '',
  cpu: ({ x, y }, { COUNT }) => {
    for (let i = 0; i < COUNT; i++) y.f32[i] = 2 * x.f32[i]!;
  },
});

const buffer = (label: string): DeviceBuffer => ({ label, bytes: 16, destroy: () => {} });

describe('Recorder', () => {
  it('refuses a buffer that is read and written in one dispatch, and takes one that is only read in the next', () => {
    const recorder = new Recorder();
    const [a, b] = [buffer('a'), buffer('b')];
    const same = () => recorder.call('twice', double, { x: a, y: a }, { COUNT: 1 }, [1, 1, 1]);
    expect(same).toThrow(/twice.*reading and for writing/);
    recorder.call('first', double, { x: a, y: b }, { COUNT: 1 }, [1, 1, 1]);
    recorder.call('second', double, { x: b, y: a }, { COUNT: 1 }, [1, 1, 1]);
    expect(recorder.finish().map(({ label }) => label)).toEqual(['first', 'second']);
  });

  it.each([[[0, 1, 1]], [[1, MAX_WORKGROUPS + 1, 1]], [[1, 1, 0]]] as const)('refuses a grid of %j', (grid) => {
    const call = () => new Recorder().call('large', double, { x: buffer('a'), y: buffer('b') }, { COUNT: 1 }, grid);
    expect(call).toThrow(/large: grid/);
  });

  it('binds buffers in the order of the description, whatever order they are given in', () => {
    const recorder = new Recorder();
    const [a, b] = [buffer('a'), buffer('b')];
    recorder.call('swapped', double, { y: b, x: a }, { COUNT: 1 }, [1, 1, 1]);
    expect(recorder.finish()[0]?.buffers).toEqual([a, b]);
  });

  it('prints a line for each dispatch', () => {
    const recorder = new Recorder();
    recorder.call('layers.0', double, { x: buffer('a'), y: buffer('b') }, { COUNT: 3 }, [2, 1, 4]);
    expect(describeStep(recorder.finish())).toBe('0\tlayers.0\tdouble\t2×1×4\tCOUNT=3\ta[16] b[16]');
  });
});

describe('gridOf', () => {
  it.each([1, 64, MAX_WORKGROUPS, MAX_WORKGROUPS + 1, 1_000_003])('covers %i workgroups within the limits', (count) => {
    const [x, y, z] = gridOf(count, 3);
    expect(x * y).toBeGreaterThanOrEqual(count);
    expect(x * y).toBeLessThan(count + y);
    expect(Math.max(x, y)).toBeLessThanOrEqual(MAX_WORKGROUPS);
    expect(z).toBe(3);
  });
});

describe('overridesOf', () => {
  it('lists declarations, not uses or comments', () => {
    const wgsl = '// override OLD: u32;\noverride WIDTH: u32;   // numbers\noverride SCALE: f32 = 1.0;\nlet a = WIDTH;';
    expect(overridesOf(wgsl)).toEqual(['WIDTH', 'SCALE']);
  });
});

describe('CpuBackend', () => {
  it('runs a step in order and reads back what the last dispatch wrote', async () => {
    const backend = new CpuBackend();
    const [a, b, c] = ['a', 'b', 'c'].map((label) => backend.createBuffer(label, 12)) as [
      DeviceBuffer,
      DeviceBuffer,
      DeviceBuffer,
    ];
    backend.write(a, 4, Float32Array.of(5, 6));
    const recorder = new Recorder();
    recorder.call('first', double, { x: a, y: b }, { COUNT: 3 }, [1, 1, 1]);
    recorder.call('second', double, { x: b, y: c }, { COUNT: 2 }, [1, 1, 1]);
    const into = new Uint32Array(3);
    await backend.runAndRead(await backend.prepare(recorder.finish()), [{ buffer: c, into }]);
    expect([...new Float32Array(into.buffer)]).toEqual([0, 20, 0]);
    expect(new Float32Array(await backend.read(b))).toEqual(Float32Array.of(0, 10, 12));
  });
});
