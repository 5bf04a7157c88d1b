/**
 * A step on a GPUDevice. Pipelines are made once per kernel and constants, bind groups once per set of buffers, staging
 * buffers once per size in flight; running a prepared step makes nothing but its command buffer.
 */
import { HearthError } from '../lib/errors';
import { present } from '../lib/invariant';
import { roundUp } from '../lib/shapes';
import type { Backend, BackendLimits, DeviceBuffer, PreparedStep, Readback } from './backend';
import { overridesOf } from './kernel';
import type { Constants, Grid, Kernel } from './kernel';
import type { Step } from './recorder';

class GpuBuffer implements DeviceBuffer {
  constructor(
    readonly label: string,
    readonly bytes: number,
    readonly gpu: GPUBuffer,
    readonly id: number,
  ) {}

  destroy(): void {
    this.gpu.destroy();
  }
}

interface Dispatch {
  readonly pipeline: GPUComputePipeline;
  readonly bindGroup: GPUBindGroup;
  readonly grid: Grid;
}

interface PreparedDispatches extends PreparedStep {
  readonly dispatches: readonly Dispatch[];
}

interface KernelLayout {
  readonly bindGroupLayout: GPUBindGroupLayout;
  readonly pipelineLayout: GPUPipelineLayout;
}

export interface WebGpuOptions {
  /** See Backend.lanes. */
  lanes: number;
  /** Lower than the device's own, to test splitting. */
  maxBindingBytes?: number;
}

export class WebGpuBackend implements Backend {
  readonly kind = 'webgpu';
  readonly limits: BackendLimits;
  readonly lanes: number;
  /** Set once the device is gone; every later call throws it. */
  #lost: HearthError | null = null;
  /** Errors the device reported outside any call. */
  #fault: HearthError | null = null;
  #nextBufferId = 0;
  readonly #layouts = new Map<Kernel, KernelLayout>();
  readonly #pipelines = new Map<string, Promise<GPUComputePipeline>>();
  readonly #bindGroups = new Map<string, GPUBindGroup>();
  readonly #staging = new Map<number, GPUBuffer[]>();

  constructor(
    readonly device: GPUDevice,
    options: WebGpuOptions,
  ) {
    this.lanes = options.lanes;
    this.limits = {
      maxBindingBytes: Math.min(
        device.limits.maxStorageBufferBindingSize,
        device.limits.maxBufferSize,
        options.maxBindingBytes ?? Infinity,
      ),
    };
    void device.lost.then((info) => {
      this.#lost = new HearthError(
        'device-lost',
        `The GPU device was lost: ${(info.message || info.reason).replace(/\.$/, '')}.`,
      );
    });
    device.addEventListener('uncapturederror', (event) => {
      this.#fault ??= faultOf(event.error);
    });
  }

  createBuffer(label: string, bytes: number): DeviceBuffer {
    this.#check();
    const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST | GPUBufferUsage.COPY_SRC;
    const gpu = this.device.createBuffer({ label, size: roundUp(Math.max(bytes, 16), 16), usage });
    return new GpuBuffer(label, bytes, gpu, this.#nextBufferId++);
  }

  write(buffer: DeviceBuffer, offsetBytes: number, data: ArrayBufferView<ArrayBuffer>): void {
    const { gpu } = buffer as GpuBuffer;
    this.device.queue.writeBuffer(gpu, offsetBytes, data.buffer, data.byteOffset, data.byteLength);
  }

  async settle(): Promise<void> {
    this.#check();
    await this.device.queue.onSubmittedWorkDone();
    this.#check();
  }

  async prepare(step: Step): Promise<PreparedDispatches> {
    const dispatches = await Promise.all(
      step.map(async ({ kernel, constants, buffers, grid }): Promise<Dispatch> => {
        const pipeline = await this.#pipeline(kernel, constants);
        return { pipeline, bindGroup: this.#bindGroup(kernel, buffers as readonly GpuBuffer[]), grid };
      }),
    );
    this.#check();
    return { step, dispatches };
  }

  async run(prepared: PreparedStep): Promise<void> {
    this.#check();
    const encoder = this.device.createCommandEncoder();
    encode(encoder, prepared as PreparedDispatches);
    this.device.queue.submit([encoder.finish()]);
    await this.settle();
  }

  async runAndRead(prepared: PreparedStep, readbacks: readonly Readback[]): Promise<void> {
    this.#check();
    const encoder = this.device.createCommandEncoder();
    encode(encoder, prepared as PreparedDispatches);
    const bytes = readbacks.reduce((sum, { into }) => sum + into.byteLength, 0);
    const staging = this.#takeStaging(bytes);
    let at = 0;
    for (const { buffer, into } of readbacks) {
      encoder.copyBufferToBuffer((buffer as GpuBuffer).gpu, 0, staging, at, into.byteLength);
      at += into.byteLength;
    }
    this.device.queue.submit([encoder.finish()]);
    await this.#map(staging, bytes);
    const words = new Uint32Array(staging.getMappedRange(0, bytes));
    at = 0;
    for (const { into } of readbacks) {
      into.set(words.subarray(at, at + into.length));
      at += into.length;
    }
    this.#returnStaging(staging);
  }

  async read(buffer: DeviceBuffer): Promise<ArrayBuffer> {
    this.#check();
    const bytes = roundUp(buffer.bytes, 4);
    const encoder = this.device.createCommandEncoder();
    const staging = this.#takeStaging(bytes);
    encoder.copyBufferToBuffer((buffer as GpuBuffer).gpu, 0, staging, 0, bytes);
    this.device.queue.submit([encoder.finish()]);
    await this.#map(staging, bytes);
    const copy = staging.getMappedRange(0, bytes).slice(0, buffer.bytes);
    this.#returnStaging(staging);
    return copy;
  }

  destroy(): void {
    this.device.destroy();
  }

  #check(): void {
    const error = this.#lost ?? this.#fault;
    if (error) throw error;
  }

  async #map(staging: GPUBuffer, bytes: number): Promise<void> {
    try {
      await staging.mapAsync(GPUMapMode.READ, 0, bytes);
    } catch (cause) {
      throw (
        this.#lost ??
        this.#fault ??
        new HearthError('device-lost', 'Results could not be read back from the GPU.', { cause })
      );
    }
    this.#check();
  }

  /** Staging buffers are kept by size; the decode loop always asks for the same one. */
  #takeStaging(bytes: number): GPUBuffer {
    const spare = this.#staging.get(bytes)?.pop();
    const usage = GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST;
    return spare ?? this.device.createBuffer({ label: 'staging', size: bytes, usage });
  }

  #returnStaging(staging: GPUBuffer): void {
    staging.unmap();
    const spares = this.#staging.get(staging.size) ?? [];
    spares.push(staging);
    this.#staging.set(staging.size, spares);
  }

  #layout(kernel: Kernel): KernelLayout {
    const known = this.#layouts.get(kernel);
    if (known) return known;
    const bindGroupLayout = this.device.createBindGroupLayout({
      label: kernel.name,
      entries: kernel.bindings.map(({ access }, binding) => ({
        binding,
        visibility: GPUShaderStage.COMPUTE,
        buffer: { type: access === 'read' ? ('read-only-storage' as const) : ('storage' as const) },
      })),
    });
    const pipelineLayout = this.device.createPipelineLayout({ bindGroupLayouts: [bindGroupLayout] });
    const layout = { bindGroupLayout, pipelineLayout };
    this.#layouts.set(kernel, layout);
    return layout;
  }

  #pipeline(kernel: Kernel, constants: Constants): Promise<GPUComputePipeline> {
    const key = `${kernel.name} ${JSON.stringify(constants)}`;
    const known = this.#pipelines.get(key);
    if (known) return known;
    const code = kernel.wgsl(constants);
    const module = this.device.createShaderModule({ label: kernel.name, code });
    const pipeline = this.device.createComputePipelineAsync({
      label: key,
      layout: this.#layout(kernel).pipelineLayout,
      compute: {
        module,
        constants: Object.fromEntries(overridesOf(code).map((name) => [name, present(constants[name], name)])),
      },
    });
    this.#pipelines.set(key, pipeline);
    return pipeline;
  }

  #bindGroup(kernel: Kernel, buffers: readonly GpuBuffer[]): GPUBindGroup {
    const key = `${kernel.name} ${buffers.map(({ id }) => id).join(' ')}`;
    const known = this.#bindGroups.get(key);
    if (known) return known;
    const bindGroup = this.device.createBindGroup({
      label: kernel.name,
      layout: this.#layout(kernel).bindGroupLayout,
      entries: buffers.map(({ gpu }, binding) => ({ binding, resource: { buffer: gpu } })),
    });
    this.#bindGroups.set(key, bindGroup);
    return bindGroup;
  }
}

function encode(encoder: GPUCommandEncoder, { dispatches }: PreparedDispatches): void {
  const pass = encoder.beginComputePass();
  for (const { pipeline, bindGroup, grid } of dispatches) {
    pass.setPipeline(pipeline);
    pass.setBindGroup(0, bindGroup);
    pass.dispatchWorkgroups(grid[0], grid[1], grid[2]);
  }
  pass.end();
}

function faultOf(error: GPUError): HearthError {
  const outOfMemory = error instanceof GPUOutOfMemoryError;
  return outOfMemory
    ? new HearthError('out-of-memory', `The GPU has no room: ${error.message}`)
    : new HearthError('internal', `The GPU refused a command: ${error.message}`);
}
