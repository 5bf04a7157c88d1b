/**
 * Where a recorded step runs: on a WebGPU device, or through the CPU twins where there is none. Models and the engine know
 * only this interface. Buffers are handles; their bytes belong to the backend that made them.
 */
import type { MemoryCount } from './memory-count';
import type { Step } from './recorder';

/** A named run of device memory. */
export interface DeviceBuffer {
  readonly label: string;
  readonly bytes: number;
  destroy(): void;
}

export interface BackendLimits {
  /** Largest range one binding may cover; larger tensors are split by rows. */
  readonly maxBindingBytes: number;
}

/** A step whose pipelines are compiled and whose bind groups are made: running it allocates nothing. */
export interface PreparedStep {
  readonly step: Step;
}

/** A copy of results to the CPU, made in the same submission as the step. */
export interface Readback {
  readonly buffer: DeviceBuffer;
  /** Receives the buffer's first words. */
  readonly into: Uint32Array<ArrayBuffer>;
}

export interface Backend {
  readonly kind: 'webgpu' | 'cpu';
  /** All that tells its adapter from others, as far as a browser says. */
  readonly adapter: string;
  readonly limits: BackendLimits;
  readonly memory: MemoryCount;
  /** Whether kernels may multiply packed bytes: WGSL's language feature `packed_4x8_integer_dot_product`. */
  readonly hasPackedDots: boolean;
  /** The most lanes that share one output of a matrix product: the numerics class of this backend (kernels/matmul). */
  readonly lanes: number;
  /** Whether four neighbouring threads can hand each other what they have read. */
  readonly quads: boolean;
  /** Zero-filled. @throws HearthError `out-of-memory` (asynchronously, from `prepare` or `settle`) when there is no room. */
  createBuffer(label: string, bytes: number): DeviceBuffer;
  write(buffer: DeviceBuffer, offsetBytes: number, data: ArrayBufferView<ArrayBuffer>): void;
  /** Resolves once everything written and created so far is accepted. @throws HearthError `out-of-memory`, `device-lost`. */
  settle(): Promise<void>;
  /** Compiles what is missing; cached per kernel, constants and buffers. */
  prepare(step: Step): Promise<PreparedStep>;
  /**
   * Submits the step before it returns, so that steps and writes take place in the order of their calls; resolves when the
   * step is done. @throws HearthError `device-lost`.
   */
  run(prepared: PreparedStep): Promise<void>;
  /** Submits the step as `run` does, and resolves with every `into` filled. @throws HearthError `device-lost`. */
  runAndRead(prepared: PreparedStep, readbacks: readonly Readback[]): Promise<void>;
  /** The bytes of a buffer, for tests and tools. */
  read(buffer: DeviceBuffer): Promise<ArrayBuffer>;
  destroy(): void;
}
