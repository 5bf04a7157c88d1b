/** What a recorded step costs on paper: workgroups, and the bytes it must touch at least, whatever the device. */
import { BLOCK, KV_FORMATS, kvPositionBytes } from '../../kernels/shared/kv-pool';
import type { Call, Step } from '../../gpu/recorder';
import { present } from '../../lib/invariant';
import { divideUp } from '../../lib/shapes';

export interface Cost {
  label: string;
  kernel: string;
  workgroups: number;
  /** Weights and scales, each read once. */
  weightBytes: number;
  /** Keys and values read or written. */
  kvBytes: number;
  /** Activations read and written. */
  activationBytes: number;
}

/** The cost of each dispatch of a one-row step that sees `contextLength` positions. */
export function costsOf(step: Step, contextLength: number): Cost[] {
  return step.map((call) => ({
    label: call.label,
    kernel: call.kernel.name,
    workgroups: call.grid[0] * call.grid[1] * call.grid[2],
    weightBytes: 0,
    kvBytes: 0,
    activationBytes: 0,
    ...touched(call, contextLength),
  }));
}

type Touched = Partial<Pick<Cost, 'weightBytes' | 'kvBytes' | 'activationBytes'>>;

function touched(call: Call, contextLength: number): Touched {
  const constant = (name: string) => present(call.constants[name], `${call.label}: ${name}`);
  const bytesOf = (...names: string[]) =>
    call.kernel.bindings.reduce((sum, { name }, i) => sum + (names.includes(name) ? call.buffers[i]!.bytes : 0), 0);
  switch (call.kernel.name) {
    case 'matvec':
    case 'matvec/normed': {
      const perOutput = constant('EPILOGUE') === 1 ? 8 : 4; // what is added to is read as well
      const scales = constant('SCALE_WORDS') > 0 ? bytesOf('scales') : 0;
      const activationBytes = 4 * 32 * constant('CHUNKS') + perOutput * constant('OUTPUTS');
      return { weightBytes: bytesOf('codes', 'gamma') + scales, activationBytes };
    }
    case 'embed': {
      const weightBytes =
        (bytesOf('codes') + (constant('SCALE_WORDS') > 0 ? bytesOf('scales') : 0)) / constant('PART_ROWS');
      return { weightBytes, activationBytes: 4 * constant('WIDTH') };
    }
    case 'rms-norm':
      return { weightBytes: bytesOf('weight'), activationBytes: 2 * 16 * constant('STRIDE') };
    case 'gather-rows':
      return { activationBytes: 2 * 16 * constant('STRIDE') };
    case 'rotary-append':
      return { kvBytes: positionBytes(call), activationBytes: 2 * 4 * constant('QKV_STRIDE') };
    case 'attention': {
      const tableBytes = 4 * divideUp(contextLength, BLOCK);
      const queryBytes = 4 * constant('Q_HEADS') * constant('HEAD_DIM');
      return { kvBytes: contextLength * positionBytes(call) + tableBytes, activationBytes: 2 * queryBytes };
    }
    default:
      throw new Error(`no rule for the bytes of a ${call.kernel.name} with one row`);
  }
}

/** Keys and values of one position of one layer. */
function positionBytes({ constants }: Call): number {
  return 2 * constants['KV_HEADS']! * kvPositionBytes(KV_FORMATS[constants['KV_FORMAT']!]!, constants['HEAD_DIM']!);
}

export function sumOf(
  costs: readonly Cost[],
  what: 'workgroups' | 'weightBytes' | 'kvBytes' | 'activationBytes',
): number {
  return costs.reduce((sum, cost) => sum + cost[what], 0);
}

/** The costs as a table of text, one line a dispatch. */
export function costTable(costs: readonly Cost[]): string {
  const line = (...cells: (string | number)[]) =>
    cells.map((cell, i) => (i < 2 ? String(cell).padEnd(24) : String(cell).padStart(14))).join('');
  return [
    line('dispatch', 'kernel', 'workgroups', 'weight B', 'KV B', 'activation B'),
    ...costs.map((cost) => {
      return line(cost.label, cost.kernel, cost.workgroups, cost.weightBytes, cost.kvBytes, cost.activationBytes);
    }),
    line(
      'sum',
      `${costs.length} dispatches`,
      sumOf(costs, 'workgroups'),
      sumOf(costs, 'weightBytes'),
      sumOf(costs, 'kvBytes'),
      sumOf(costs, 'activationBytes'),
    ),
  ].join('\n');
}
