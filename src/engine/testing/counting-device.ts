/**
 * A GPUDevice that counts what is asked of it: the same device behind proxies, so it can be handed to createEngine. Buffers
 * are the real ones (other calls must recognise them), with a counting `mapAsync`.
 */

export const COUNTED = ['dispatches', 'submits', 'readBacks', 'bindGroups', 'buffers', 'pipelines'] as const;
export type Counts = Record<(typeof COUNTED)[number], number>;

export interface CountingDevice {
  device: GPUDevice;
  /** A copy of the counts so far. */
  snapshot(): Counts;
}

export function countingDevice(real: GPUDevice): CountingDevice {
  const counts: Counts = { dispatches: 0, submits: 0, readBacks: 0, bindGroups: 0, buffers: 0, pipelines: 0 };
  const count = (what: keyof Counts) => () => void counts[what]++;
  const pass = (encoder: GPUComputePassEncoder) =>
    watch(encoder, { dispatchWorkgroups: count('dispatches'), dispatchWorkgroupsIndirect: count('dispatches') });
  const queue = watch(real.queue, { submit: count('submits') });
  const device = watch(
    real,
    {
      createBindGroup: count('bindGroups'),
      createComputePipeline: count('pipelines'),
      createComputePipelineAsync: count('pipelines'),
      createBuffer(buffer) {
        counts.buffers++;
        const map = (buffer as GPUBuffer).mapAsync.bind(buffer as GPUBuffer);
        (buffer as GPUBuffer).mapAsync = (...args) => {
          counts.readBacks++;
          return map(...args);
        };
      },
      createCommandEncoder: (encoder) => {
        return watch(encoder as GPUCommandEncoder, { beginComputePass: (made) => pass(made as GPUComputePassEncoder) });
      },
    },
    { queue },
  );
  return { device, snapshot: () => ({ ...counts }) };
}

/** What to do with a method's result; another result may take its place. */
type Watcher = (result: unknown) => unknown;

/** `target` with some methods watched and some properties replaced; everything else goes through. */
function watch<T extends object>(target: T, watchers: Record<string, Watcher>, replaced: Partial<T> = {}): T {
  return new Proxy(target, {
    get(_, name) {
      if (Object.hasOwn(replaced, name)) return replaced[name as keyof T];
      const value: unknown = Reflect.get(target, name, target);
      if (typeof value !== 'function') return value;
      return (...args: unknown[]) => {
        const result: unknown = Reflect.apply(value, target, args);
        return (typeof name === 'string' && watchers[name]?.(result)) || result;
      };
    },
  });
}
