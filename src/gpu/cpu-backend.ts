/**
 * The road without an adapter: buffers are ArrayBuffers, and a step runs through its kernels' CPU twins. Enough for a model
 * of a few million weights; also the judge that GPU results are held against.
 */
import { invariant } from '../lib/invariant';
import { roundUp } from '../lib/shapes';
import type { Backend, DeviceBuffer, PreparedStep, Readback } from './backend';
import type { CpuView } from './kernel';
import { MemoryCount } from './memory-count';
import type { Call, Step } from './recorder';

class CpuBuffer implements DeviceBuffer, CpuView {
  f32: Float32Array<ArrayBuffer>;
  u32: Uint32Array<ArrayBuffer>;

  constructor(
    readonly label: string,
    readonly bytes: number,
    readonly count: MemoryCount,
  ) {
    const memory = new ArrayBuffer(roundUp(bytes, 16));
    count.add(memory.byteLength);
    this.f32 = new Float32Array(memory);
    this.u32 = new Uint32Array(memory);
  }

  destroy(): void {
    this.count.remove(this.f32.byteLength);
    this.f32 = new Float32Array(0);
    this.u32 = new Uint32Array(0);
  }
}

/** One dispatch through the twin, on views given in binding order. */
export function runOnCpu(call: Call, views: readonly CpuView[]): void {
  const named: Record<string, CpuView> = {};
  call.kernel.bindings.forEach(({ name }, i) => {
    const view = views[i];
    invariant(view, `${call.label}: binding ${name} has a buffer`);
    named[name] = view;
  });
  call.kernel.cpu(named, call.constants, call.grid);
}

export class CpuBackend implements Backend {
  readonly kind = 'cpu';
  readonly adapter = 'CPU';
  readonly limits = { maxBindingBytes: 2 ** 31 - 1 };
  readonly hasPackedDots: boolean = true;
  readonly lanes: number = 1;
  readonly quads = false;
  readonly memory = new MemoryCount();

  createBuffer(label: string, bytes: number): DeviceBuffer {
    return new CpuBuffer(label, bytes, this.memory);
  }

  write(buffer: DeviceBuffer, offsetBytes: number, data: ArrayBufferView<ArrayBuffer>): void {
    const target = new Uint8Array((buffer as CpuBuffer).u32.buffer);
    target.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), offsetBytes);
  }

  settle(): Promise<void> {
    return Promise.resolve();
  }

  prepare(step: Step): Promise<PreparedStep> {
    return Promise.resolve({ step });
  }

  async run({ step }: PreparedStep): Promise<void> {
    for (const call of step) runOnCpu(call, call.buffers as readonly CpuBuffer[]);
    await nextTask();
  }

  async runAndRead(prepared: PreparedStep, readbacks: readonly Readback[]): Promise<void> {
    const done = this.run(prepared);
    for (const { buffer, into } of readbacks) into.set((buffer as CpuBuffer).u32.subarray(0, into.length));
    await done;
  }

  read(buffer: DeviceBuffer): Promise<ArrayBuffer> {
    return Promise.resolve((buffer as CpuBuffer).u32.buffer.slice(0, buffer.bytes));
  }

  destroy(): void {}
}

const { port1: wake, port2: sleeper } = new MessageChannel();

/** Who sleeps, in order: several models may run on the CPU at once. */
const sleepers: (() => void)[] = [];
sleeper.onmessage = () => sleepers.shift()?.();

/**
 * A step runs without a pause; this lets messages (an abort above all) in before the next one. A message to oneself comes
 * back at once, where a timer would wait four milliseconds.
 */
function nextTask(): Promise<void> {
  return new Promise((resolve) => {
    sleepers.push(resolve);
    wake.postMessage(null);
  });
}
