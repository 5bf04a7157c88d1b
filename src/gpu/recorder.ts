/**
 * A forward pass as data. Models call kernels on a recorder; what comes out is a list that can be run on any backend,
 * printed, timed entry by entry, or replayed through the CPU twins up to entry k to find where a wrong number begins.
 */
import { invariant } from '../lib/invariant';
import type { DeviceBuffer } from './backend';
import { MAX_WORKGROUPS } from './kernel';
import type { Constants, Grid, Kernel } from './kernel';

/** One dispatch. */
export interface Call {
  /** Where in the model, e.g. `layers.3.attention`. */
  readonly label: string;
  readonly kernel: Kernel;
  readonly constants: Constants;
  /** In the order of `kernel.bindings`. */
  readonly buffers: readonly DeviceBuffer[];
  readonly grid: Grid;
}

export type Step = readonly Call[];

export class Recorder {
  readonly #calls: Call[] = [];

  /** Appends one dispatch. Every binding and every override must be given; a buffer is read or written, never both. */
  call<B extends string, C extends string>(
    label: string,
    kernel: Kernel<B, C>,
    buffers: Readonly<Record<B, DeviceBuffer>>,
    constants: Constants<C>,
    grid: Grid,
  ): void {
    const bound = kernel.bindings.map(({ name }) => buffers[name]);
    invariant(
      grid.every((count) => count > 0 && count <= MAX_WORKGROUPS),
      `${label}: grid ${grid.join(' × ')} lies within 1…${MAX_WORKGROUPS}`,
    );
    const written = new Set(bound.filter((_, i) => kernel.bindings[i]?.access === 'read_write'));
    invariant(
      kernel.bindings.every(({ access }, i) => access === 'read_write' || !written.has(bound[i]!)),
      `${label}: no buffer is bound for reading and for writing`,
    );
    this.#calls.push({ label, kernel, constants, buffers: bound, grid });
  }

  finish(): Step {
    return this.#calls;
  }
}

/** The step as a table, one line a dispatch: label, kernel, grid, constants, buffers with their sizes. */
export function describeStep(step: Step): string {
  return step
    .map(({ label, kernel, constants, buffers, grid }, index) => {
      const numbers = Object.entries(constants).map(([name, value]) => `${name}=${value}`);
      const bound = buffers.map((buffer) => `${buffer.label}[${buffer.bytes}]`);
      return [index, label, kernel.name, grid.join('×'), numbers.join(' '), bound.join(' ')].join('\t');
    })
    .join('\n');
}
