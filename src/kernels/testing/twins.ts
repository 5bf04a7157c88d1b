/**
 * Holding a kernel against its CPU twin: the same buffers through both, every written buffer compared. The device is asked
 * for WebGPU's default limits and no features, so a kernel that passes needs no more than that.
 */
import { CpuBackend } from '../../gpu/cpu-backend';
import type { Backend } from '../../gpu/backend';
import { findDevice } from '../../gpu/device';
import type { Constants, Grid, Kernel } from '../../gpu/kernel';
import { Recorder } from '../../gpu/recorder';
import { WebGpuBackend, type WebGpuOptions } from '../../gpu/webgpu-backend';
import { present } from '../../lib/invariant';

export type Contents = Float32Array<ArrayBuffer> | Uint32Array<ArrayBuffer>;

/** A backend on a device with default limits. */
export async function gpuBackend(lanes = 1): Promise<WebGpuBackend> {
  const adapter = present(await navigator.gpu.requestAdapter(), 'a WebGPU adapter');
  return new WebGpuBackend(await adapter.requestDevice(), { lanes });
}

/** A backend on the device that the app gets, with the features that some kernels use where they are there. */
export async function appBackend(lanes = 1, options: Omit<WebGpuOptions, 'lanes'> = {}): Promise<WebGpuBackend> {
  const { device } = await findDevice(navigator.gpu);
  return new WebGpuBackend(present(device, 'a WebGPU device'), { lanes, ...options });
}

/** Runs one dispatch on a backend. @returns the bytes of every writable binding, by name. */
export async function runKernel<B extends string, C extends string>(
  backend: Backend,
  kernel: Kernel<B, C>,
  contents: Readonly<Record<B, Contents>>,
  constants: Constants<C>,
  grid: Grid,
): Promise<Record<string, ArrayBuffer>> {
  const buffers = Object.fromEntries(
    Object.entries<Contents>(contents).map(([name, data]) => {
      const buffer = backend.createBuffer(name, data.byteLength);
      backend.write(buffer, 0, data);
      return [name, buffer];
    }),
  ) as Record<B, ReturnType<Backend['createBuffer']>>;
  const recorder = new Recorder();
  recorder.call(kernel.name, kernel, buffers, constants, grid);
  await backend.run(await backend.prepare(recorder.finish()));
  const written: Record<string, ArrayBuffer> = {};
  for (const { name, access } of kernel.bindings) {
    if (access === 'read_write') written[name] = await backend.read(buffers[name]);
  }
  for (const buffer of Object.values<ReturnType<Backend['createBuffer']>>(buffers)) buffer.destroy();
  return written;
}

/** What both roads wrote. */
export async function runBoth<B extends string, C extends string>(
  gpu: Backend,
  kernel: Kernel<B, C>,
  contents: Readonly<Record<B, Contents>>,
  constants: Constants<C>,
  grid: Grid,
): Promise<{ gpu: Record<string, ArrayBuffer>; cpu: Record<string, ArrayBuffer> }> {
  return {
    gpu: await runKernel(gpu, kernel, contents, constants, grid),
    cpu: await runKernel(new CpuBackend(), kernel, contents, constants, grid),
  };
}

/** The largest difference, relative to the largest expected magnitude; NaN counts as infinite. */
export function relativeError(found: ArrayLike<number>, expected: ArrayLike<number>): number {
  let largest = 0;
  let difference = 0;
  for (let i = 0; i < expected.length; i++) {
    const off = Math.abs(found[i]! - expected[i]!);
    if (Number.isNaN(off)) return Infinity;
    difference = Math.max(difference, off);
    largest = Math.max(largest, Math.abs(expected[i]!));
  }
  return largest === 0 ? Infinity : difference / largest; // all zeros prove nothing
}

/** A small deterministic generator for test data (mulberry32): numbers in [-1, 1). */
export function randomNumbers(seed: number, count: number): Float32Array<ArrayBuffer> {
  let state = seed >>> 0;
  return Float32Array.from({ length: count }, () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 31 - 1;
  });
}
