/**
 * A step on a GPUDevice. Pipelines are made once per kernel and constants, bind groups once per set of buffers, staging
 * buffers once per size in flight; running a prepared step makes nothing but its command buffer, or several where it is long.
 */
import { HearthError } from '../lib/errors';
import { present } from '../lib/invariant';
import { log } from '../lib/log';
import { roundUp } from '../lib/shapes';
import type { Backend, BackendLimits, DeviceBuffer, PreparedStep, Readback } from './backend';
import { FirefoxReadback, isFirefox } from './firefox-readback';
import { overridesOf } from './kernel';
import type { Constants, Grid, Kernel } from './kernel';
import { MemoryCount } from './memory-count';
import { endsOf, Pace } from './pace';
import type { Step } from './recorder';

class GpuBuffer implements DeviceBuffer {
  #isThere = true;

  constructor(
    readonly label: string,
    readonly bytes: number,
    readonly gpu: GPUBuffer,
    readonly id: number,
    readonly count: MemoryCount,
  ) {
    count.add(gpu.size);
  }

  destroy(): void {
    if (this.#isThere) this.count.remove(this.gpu.size);
    this.#isThere = false;
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
  /** Of each dispatch, and of all (pace.ts). */
  readonly works: readonly number[];
  readonly work: number;
  /** How it was cut last. */
  pieces: number;
  ends: readonly number[];
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
  /** Milliseconds of GPU time above which a step is cut into several submits; Infinity never cuts. */
  submitMs?: number;
}

export class WebGpuBackend implements Backend {
  readonly kind = 'webgpu';
  readonly adapter: string;
  readonly limits: BackendLimits;
  readonly memory = new MemoryCount();
  readonly hasPackedDots: boolean;
  readonly lanes: number;
  readonly quads: boolean;
  /** Set once the device is gone; every later call throws it. */
  #lost: HearthError | null = null;
  /** Errors the device reported outside any call. */
  #fault: HearthError | null = null;
  #nextBufferId = 0;
  readonly #layouts = new Map<Kernel, KernelLayout>();
  readonly #pipelines = new Map<string, Promise<GPUComputePipeline>>();
  readonly #bindGroups = new Map<string, GPUBindGroup>();
  readonly #staging = new Map<number, GPUBuffer[]>();
  readonly #pace: Pace;
  /** Null where the browser tells by itself that work is done. */
  readonly #readback: FirefoxReadback | null;

  constructor(
    readonly device: GPUDevice,
    options: WebGpuOptions,
  ) {
    const { vendor, architecture, device: model, description } = device.adapterInfo;
    this.adapter = [vendor, architecture, model, description].join(' ').trim();
    this.hasPackedDots = hasPackedDots(navigator);
    this.lanes = options.lanes;
    this.quads = device.features.has('subgroups');
    this.#pace = new Pace(options.submitMs);
    this.#readback = isFirefox(navigator.userAgent) ? new FirefoxReadback(device.queue) : null;
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
    return new GpuBuffer(label, bytes, gpu, this.#nextBufferId++, this.memory);
  }

  write(buffer: DeviceBuffer, offsetBytes: number, data: ArrayBufferView<ArrayBuffer>): void {
    const { gpu } = buffer as GpuBuffer;
    this.device.queue.writeBuffer(gpu, offsetBytes, data.buffer, data.byteOffset, data.byteLength);
  }

  async settle(): Promise<void> {
    this.#check();
    const done = this.device.queue.onSubmittedWorkDone();
    await (this.#readback?.hurry(done) ?? done);
    this.#check();
  }

  async prepare(step: Step): Promise<PreparedDispatches> {
    const dispatches = await Promise.all(
      step.map(async ({ kernel, constants, buffers, grid }): Promise<Dispatch> => {
        // At once, while the buffers are there: Firefox faults a bind group of buffers that are gone when a pipeline is made.
        const bindGroup = this.#bindGroup(kernel, buffers as readonly GpuBuffer[]);
        return { pipeline: await this.#pipeline(kernel, constants), bindGroup, grid };
      }),
    );
    this.#check();
    const works = step.map(({ kernel, constants, grid }) => 1 + (kernel.work?.(constants, grid) ?? 0));
    const work = works.reduce((sum, each) => sum + each, 0);
    return { step, dispatches, works, work, pieces: 1, ends: [dispatches.length] };
  }

  async run(prepared: PreparedStep): Promise<void> {
    this.#check();
    const submittedMs = performance.now();
    const encoder = this.#encode(prepared as PreparedDispatches);
    this.device.queue.submit([encoder.finish()]);
    await this.settle();
    this.#pace.learn((prepared as PreparedDispatches).work, submittedMs, performance.now());
  }

  async runAndRead(prepared: PreparedStep, readbacks: readonly Readback[]): Promise<void> {
    this.#check();
    const submittedMs = performance.now();
    const encoder = this.#encode(prepared as PreparedDispatches);
    const bytes = readbacks.reduce((sum, { into }) => sum + into.byteLength, 0);
    const staging = this.#takeStaging(bytes);
    let at = 0;
    for (const { buffer, into } of readbacks) {
      encoder.copyBufferToBuffer((buffer as GpuBuffer).gpu, 0, staging, at, into.byteLength);
      at += into.byteLength;
    }
    this.device.queue.submit([encoder.finish()]);
    await this.#map(staging, bytes);
    this.#pace.learn((prepared as PreparedDispatches).work, submittedMs, performance.now());
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
    staging.destroy(); // whole buffers are read seldom, and may be large
    this.memory.remove(bytes);
    return copy;
  }

  destroy(): void {
    this.device.destroy();
  }

  #check(): void {
    const error = this.#lost ?? this.#fault;
    if (error) throw error;
  }

  /** Submits the pieces of a step but the last, which is what the encoder holds. */
  #encode(prepared: PreparedDispatches): GPUCommandEncoder {
    const pieces = this.#pace.pieces(prepared.work);
    if (pieces !== prepared.pieces) {
      prepared.pieces = pieces;
      prepared.ends = endsOf(prepared.works, pieces);
    }
    let encoder = this.device.createCommandEncoder();
    let from = 0;
    for (const end of prepared.ends) {
      if (from > 0) {
        this.device.queue.submit([encoder.finish()]);
        encoder = this.device.createCommandEncoder();
      }
      encodePass(encoder, prepared.dispatches, from, end);
      from = end;
    }
    return encoder;
  }

  async #map(staging: GPUBuffer, bytes: number): Promise<void> {
    try {
      const mapped = staging.mapAsync(GPUMapMode.READ, 0, bytes);
      await (this.#readback?.hurry(mapped) ?? mapped);
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
    if (spare) return spare;
    this.memory.add(bytes);
    const usage = GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST;
    return this.device.createBuffer({ label: 'staging', size: bytes, usage });
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
    // A text that this browser refuses fails its pipeline, and whoever asked for that; it is no fault of the device.
    this.device.pushErrorScope('validation');
    const module = this.device.createShaderModule({ label: kernel.name, code });
    this.device.popErrorScope().then(
      (error) => error && log.error('shader-refused', { kernel: kernel.name, reason: error.message }),
      () => {}, // of a lost device hears who waits for the pipeline
    );
    const pipeline = this.device.createComputePipelineAsync({
      label: key,
      layout: this.#layout(kernel).pipelineLayout,
      compute: {
        module,
        constants: Object.fromEntries(overridesOf(code).map((name) => [name, present(constants[name], name)])),
      },
    });
    this.#pipelines.set(key, pipeline);
    pipeline.catch(() => this.#pipelines.delete(key)); // whoever asks again may have more luck
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

/** What a browser's shaders know beyond the first WGSL; nothing where it does not say. */
function hasPackedDots({ gpu }: { gpu?: { wgslLanguageFeatures?: ReadonlySet<string> } }): boolean {
  return gpu?.wgslLanguageFeatures?.has('packed_4x8_integer_dot_product') ?? false;
}

/** The dispatches from one index up to another as one compute pass. */
function encodePass(encoder: GPUCommandEncoder, dispatches: readonly Dispatch[], from: number, end: number): void {
  const pass = encoder.beginComputePass();
  for (let i = from; i < end; i++) {
    const { pipeline, bindGroup, grid } = dispatches[i]!;
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
