/**
 * The judge behind `npm run bisect`: a recorded step is run on a backend one dispatch at a time, each dispatch is replayed
 * through its CPU twin on the very bytes it read, and what both wrote is compared. Because every comparison starts from
 * equal inputs, an error does not spread: the dispatches that disagree are those whose own kernel is wrong.
 */
import type { Backend, DeviceBuffer } from '../gpu/backend';
import { runOnCpu } from '../gpu/cpu-backend';
import type { CpuView } from '../gpu/kernel';
import type { Call, Step } from '../gpu/recorder';
import { KV_FORMATS } from '../kernels/shared/kv-pool';
import type { KvFormat } from '../kernels/shared/kv-pool';
import { poolNumbers } from '../kernels/shared/kv-pool.cpu';
import type { KvSide } from '../kernels/shared/kv-pool.cpu';
import { dequantize } from '../kernels/quantize-rows/quantize-rows.cpu';
import { present } from '../lib/invariant';
import { roundUp } from '../lib/shapes';

/** f32 sums in another order, and a GPU's own exp: 2e-7 is usual, a wrong sign gives about 1. */
const F32_TOLERANCE = 2e-5;

/**
 * What is stored may round the other way: f16 by one unit in the last place, which is 2^-10 of the largest number; int8 by
 * one step of its group, which is 1/127 of it.
 */
const TOLERANCES: Readonly<Record<KvFormat, number>> = { f32: F32_TOLERANCE, f16: 2e-3, int8: 1e-2 };

/** How far one written buffer of one dispatch is from its twin's. */
export interface Comparison {
  /** Of the dispatch within the step. */
  index: number;
  label: string;
  kernel: string;
  binding: string;
  /** The largest difference, relative to the largest number the twin wrote; infinite for a NaN. */
  error: number;
  /** Where it lies, in numbers, and what stands there. */
  at: number;
  found: number;
  expected: number;
  agrees: boolean;
}

/**
 * Runs the step and yields a comparison for every buffer written. The step's inputs must lie in their buffers, as they do
 * after a forward of the same shape.
 */
export async function* compareStep(backend: Backend, step: Step): AsyncGenerator<Comparison> {
  for (const [index, call] of step.entries()) {
    const twins: CpuView[] = [];
    for (const buffer of call.buffers) twins.push(await readView(backend, buffer));
    await backend.run(await backend.prepare([call]));
    runOnCpu(call, twins);
    for (const [i, { name, access }] of call.kernel.bindings.entries()) {
      if (access === 'read') continue;
      const format = formatOf(call, name);
      const found = numbersOf(await readView(backend, present(call.buffers[i], name)), name, format, call);
      const difference = worstDifference(found, numbersOf(present(twins[i], name), name, format, call));
      const agrees = difference.error <= TOLERANCES[format];
      yield { index, label: call.label, kernel: call.kernel.name, binding: name, ...difference, agrees };
    }
  }
}

/** Where two buffers differ most. Equal numbers, infinities and NaNs included, do not differ. */
export function worstDifference(found: Float32Array, expected: Float32Array) {
  let at = 0;
  let worst = 0;
  let largest = 0;
  for (let i = 0; i < expected.length; i++) {
    const magnitude = Math.abs(expected[i]!);
    if (magnitude > largest && magnitude < Infinity) largest = magnitude;
    if (Object.is(found[i], expected[i])) continue;
    const off = Math.abs(found[i]! - expected[i]!);
    const difference = Number.isNaN(off) ? Infinity : off;
    if (difference <= worst) continue;
    worst = difference;
    at = i;
  }
  return { error: worst === 0 ? 0 : worst / largest, at, found: found[at]!, expected: expected[at]! };
}

async function readView(backend: Backend, buffer: DeviceBuffer): Promise<CpuView> {
  const bytes = await backend.read(buffer);
  const memory = new ArrayBuffer(roundUp(bytes.byteLength, 16));
  new Uint8Array(memory).set(new Uint8Array(bytes));
  return { f32: new Float32Array(memory), u32: new Uint32Array(memory) };
}

/** Pools of keys and values have a format of their own, codes of activations are int8; all else is f32. */
function formatOf({ constants }: Call, binding: string): KvFormat {
  if (binding === 'quantized') return 'int8';
  const format = KV_FORMATS[constants['KV_FORMAT'] ?? -1];
  return format && isPool(binding) ? format : 'f32';
}

function isPool(binding: string): binding is KvSide {
  return binding === 'keys' || binding === 'values';
}

function numbersOf(view: CpuView, binding: string, format: KvFormat, { constants }: Call): Float32Array {
  if (binding === 'quantized') return dequantize(view);
  if (format === 'f32' || !isPool(binding)) return view.f32;
  return poolNumbers(view, binding, format, present(constants['HEAD_DIM'], 'HEAD_DIM'));
}
