import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { Kernel } from './kernel';
import type { Step } from './recorder';
import { WebGpuBackend } from './webgpu-backend';

beforeEach(() => {
  vi.stubGlobal('navigator', { userAgent: '' });
  for (const name of ['GPUBufferUsage', 'GPUMapMode', 'GPUShaderStage']) vi.stubGlobal(name, {});
  vi.stubGlobal('GPUOutOfMemoryError', Error);
});
afterEach(() => void vi.unstubAllGlobals());

const kernel: Kernel = {
  name: 'some',
  bindings: [{ name: 'y', access: 'read_write' }],
  constants: [],
  wgsl: () => 'refused',
  cpu: () => {},
};

/** A device that refuses every shader text: within an error scope, or by an event. Its pipelines wait for `compile`. */
class FakeDevice {
  compile: (() => void) | null = null;
  bindGroups = 0;
  pipelines = 0;
  readonly features = new Set<string>();
  readonly limits = {};
  readonly adapterInfo = {};
  readonly lost = new Promise(() => {});
  readonly queue = { submit() {}, onSubmittedWorkDone: () => Promise.resolve() };
  readonly #listeners: ((event: unknown) => void)[] = [];
  readonly #scopes: { message: string }[][] = [];

  addEventListener(_: string, listener: (event: unknown) => void): void {
    this.#listeners.push(listener);
  }

  pushErrorScope(): void {
    this.#scopes.push([]);
  }

  popErrorScope(): Promise<unknown> {
    return Promise.resolve(this.#scopes.pop()?.[0] ?? null);
  }

  createShaderModule(): object {
    const error = { message: 'not a shader' };
    const scope = this.#scopes.at(-1);
    if (scope) scope.push(error);
    else for (const listener of this.#listeners) listener({ error });
    return {};
  }

  createComputePipelineAsync(): Promise<never> {
    this.pipelines++;
    return new Promise((_, reject) => (this.compile = () => reject(new Error('no pipeline'))));
  }

  createBindGroup(): object {
    this.bindGroups++;
    return {};
  }

  createBindGroupLayout = () => ({});
  createPipelineLayout = () => ({});
  createCommandEncoder = () => ({ copyBufferToBuffer() {}, finish() {} });

  createBuffer({ size }: GPUBufferDescriptor): object {
    const getMappedRange = (_: number, bytes: number) => new ArrayBuffer(bytes);
    return { size, mapAsync: () => Promise.resolve(), getMappedRange, unmap() {}, destroy() {} };
  }
}

it('a shader that a browser refuses fails who asked for it, and nobody else', async () => {
  const fake = new FakeDevice();
  const backend = new WebGpuBackend(fake as unknown as GPUDevice, { lanes: 1 });
  const y = backend.createBuffer('y', 16);
  const step: Step = [{ label: 'some', kernel, constants: {}, buffers: [y], grid: [1, 1, 1] }];
  for (const asked of [1, 2]) {
    const prepared = backend.prepare(step);
    expect(fake.bindGroups).toBe(1); // while its buffers are there
    expect(fake.pipelines).toBe(asked); // another time it may succeed
    fake.compile?.();
    await expect(prepared).rejects.toThrow('no pipeline');
    await expect(backend.settle()).resolves.toBeUndefined();
  }
});

it('reading a whole buffer leaves no memory behind', async () => {
  const backend = new WebGpuBackend(new FakeDevice() as unknown as GPUDevice, { lanes: 1 });
  const buffer = backend.createBuffer('logits', 4096);
  await Promise.all([backend.read(buffer), backend.read(buffer)]);
  expect(backend.memory.takePeak()).toBe(3 * 4096);
  expect(backend.memory.takePeak()).toBe(4096);
});
