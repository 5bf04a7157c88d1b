/** Reads off the recorder what was run: which live rows each forward had. */
import type { PreparedStep } from '../../gpu/backend';
import { CpuBackend } from '../../gpu/cpu-backend';
import type { Call } from '../../gpu/recorder';
import { DEAD_ROW } from '../../kernels/shared/slot-state';

/** One forward of one model. */
export interface SeenForward {
  /** (position, slot) of each live row. */
  rows: { position: number; slot: number }[];
}

/** A step: all it had dispatched in one submission. */
export type SeenStep = SeenForward[];

export class SpyBackend extends CpuBackend {
  readonly steps: SeenStep[] = [];

  override async run(prepared: PreparedStep): Promise<void> {
    const step: SeenStep = [];
    this.steps.push(step);
    const spied = prepared.step.map((call) => (call.kernel.name === 'embed' ? spyOn(call, step) : call));
    await super.run({ step: spied });
  }

  /** What ran since the last call. */
  take(): SeenStep[] {
    return this.steps.splice(0);
  }
}

function spyOn(call: Call, step: SeenStep): Call {
  const cpu: Call['kernel']['cpu'] = (buffers, constants, grid) => {
    const words = buffers['rows']!.u32;
    const rows = [];
    for (let row = 0; row < grid[2]; row++) {
      const [, position = 0, slot = 0, dead] = words.subarray(4 * row, 4 * row + 4);
      if (dead !== DEAD_ROW) rows.push({ position, slot });
    }
    step.push({ rows });
    call.kernel.cpu(buffers, constants, grid);
  };
  return { ...call, kernel: { ...call.kernel, cpu } };
}
