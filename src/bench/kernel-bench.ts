/**
 * Every kernel of a step by itself: first judged against its CPU twin, then timed. Dispatches of one kind run over the weights
 * of all layers in turn, as they do in a step, so that a model larger than the cache is read from memory here too.
 */
import { compareStep } from '../engine/compare-step';
import type { Backend } from '../gpu/backend';
import type { Call, Step } from '../gpu/recorder';
import { HearthError } from '../lib/errors';
import type { Ceilings } from './ceilings';
import { type Figure, figureOf, mapFigure } from '../lib/figure';
import { interleave } from './rounds';

export interface KernelReport {
  readonly step: 'decode' | 'prefill';
  /** Where in the model; `layers.*` is every layer. */
  readonly part: string;
  readonly kernel: string;
  /** Dispatches of this kind in the whole step. */
  readonly dispatches: number;
  /** One dispatch, without its share of a submission. */
  readonly ms: Figure;
  /** Weights, keys and values that one dispatch has to read; 0 where it has neither, and its time is that of a launch. */
  readonly readBytes: number;
  /** Of this device's measured ceilings; null where the kernel is bound by neither. */
  readonly shareOfBandwidth: number | null;
  readonly shareOfOperations: number | null;
  /** Null where it unpacks no weights. */
  readonly shareOfUnpacking: number | null;
}

export interface KernelBenchOptions {
  readonly name: KernelReport['step'];
  readonly ceilings: Ceilings;
  /** Keys or values that a query reads in one layer, in bytes. */
  readonly cacheBytes: number;
  /** Layers of the shape for each layer that was built. */
  readonly layersEach: number;
  readonly rounds: number;
  readonly signal?: AbortSignal;
}

/** Dispatches of one submission at least: one alone would be timed as a submission. */
const BATCH = 8;

/**
 * @param step its inputs lie in their buffers, as they do after it ran.
 * @throws HearthError `internal` for a kernel that disagrees with its twin or writes nothing but zeros; `aborted`.
 */
export async function benchKernels(backend: Backend, step: Step, options: KernelBenchOptions): Promise<KernelReport[]> {
  const { name, ceilings, rounds, signal } = options;
  const kinds = kindsOf(step);
  for (const [call] of kinds.values()) {
    signal?.throwIfAborted();
    await checkCall(backend, call!);
  }
  const prepared = await Promise.all(
    [[], ...kinds.values()].map((calls) => {
      const turns = calls.length === 0 ? 0 : Math.ceil(BATCH / calls.length);
      return backend.prepare(Array.from({ length: turns }, () => calls).flat());
    }),
  );
  const cases = prepared.map((batch, i) => {
    const run = async () => {
      const startMs = performance.now();
      await backend.run(batch);
      return performance.now() - startMs;
    };
    return [String(i), run] as const;
  });
  const times = await interleave(Object.fromEntries(cases), rounds, signal);
  const submissionMs = figureOf(times['0']!).median;

  return [...kinds.values()].map((calls, i): KernelReport => {
    const { length } = prepared[i + 1]!.step;
    const ms = mapFigure(figureOf(times[i + 1]!), (batchMs) => Math.max(0, batchMs - submissionMs) / length);
    const call = calls[0]!;
    const readBytes = readBytesOf(call, options.cacheBytes);
    const { kernel, constants, grid } = call;
    const operations = 2 * (kernel.work?.(constants, grid) ?? 0);
    const shareOf = (amount: number, ceiling: Figure) =>
      amount === 0 || ms.median === 0 ? null : (1000 * amount) / ms.median / ceiling.median;
    const part = partOf(call);
    return {
      step: name,
      part,
      kernel: kernel.name,
      dispatches: calls.length * (part.startsWith('layers.') ? options.layersEach : 1),
      ms,
      readBytes,
      shareOfBandwidth: shareOf(readBytes, ceilings.readBytesPerSecond),
      shareOfOperations: shareOf(operations, ceilings.operationsPerSecond),
      shareOfUnpacking: shareOf(weightsOf(call), ceilings.unpackedPerSecond),
    };
  });
}

/** @throws HearthError `internal`, saying where the kernel and its twin part. */
export async function checkCall(backend: Backend, call: Call): Promise<void> {
  for await (const { label, kernel, binding, at, found, expected, agrees } of compareStep(backend, [call])) {
    if (agrees) continue;
    throw new HearthError(
      'internal',
      `The kernel ${kernel} (${label}) wrote ${found} at ${at} of ${binding}; its twin says ${expected}. It is not timed, and nothing it takes part in should be.`,
    );
  }
  for (const [i, { access }] of call.kernel.bindings.entries()) {
    if (access === 'read') continue;
    const written = new Uint32Array(await backend.read(call.buffers[i]!));
    if (written.some((word) => word !== 0)) return;
  }
  throw new HearthError(
    'internal',
    `The kernel ${call.kernel.name} (${call.label}) wrote nothing but zeros: that it agrees with its twin proves nothing.`,
  );
}

/** Dispatches of one pipeline and grid in the same place of different layers. */
function kindsOf(step: Step): Map<string, Call[]> {
  const kinds = new Map<string, Call[]>();
  for (const call of step) {
    const kind = `${call.kernel.name} ${partOf(call)} ${JSON.stringify([call.constants, call.grid])}`;
    kinds.set(kind, [...(kinds.get(kind) ?? []), call]);
  }
  return kinds;
}

function partOf({ label }: Call): string {
  return label.replace(/^layers\.\d+/, 'layers.*');
}

/** Weights of four bits that a dispatch goes through, each counted once. */
function weightsOf({ kernel, buffers }: Call): number {
  if (kernel.name.startsWith('embed')) return 0;
  return kernel.bindings.reduce((sum, { name }, i) => (name === 'codes' ? sum + 2 * buffers[i]!.bytes : sum), 0);
}

function readBytesOf({ kernel, buffers }: Call, cacheBytes: number): number {
  if (kernel.name.startsWith('embed')) return 0; // a few rows of the whole
  return kernel.bindings.reduce((sum, { name, access }, i) => {
    if (access !== 'read') return sum;
    if (name === 'codes' || name === 'scales') return sum + buffers[i]!.bytes;
    return name === 'keys' || name === 'values' ? sum + cacheBytes : sum;
  }, 0);
}
