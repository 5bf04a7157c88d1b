import { defineKernel } from '../../gpu/kernel';
import slotState from '../shared/slot-state.wgsl?raw';
import { planRowsOnCpu } from './plan-rows.cpu';
import main from './plan-rows.wgsl?raw';

/**
 * The rows of a forward, from the host's plan and what the device knows of each sequence. The plan says which sequences go
 * on and which positions are prefilled; where a sequence stands, and which tokens it has, is read on the device. The row of
 * a guess that nobody made (NO_TOKEN) is dead.
 */
export const planRows = defineKernel({
  name: 'plan-rows',
  bindings: [
    { name: 'plan', access: 'read' },
    { name: 'slots', access: 'read' },
    { name: 'tokens', access: 'read' },
    { name: 'rows', access: 'read_write' },
  ],
  constants: ['ROWS_PER_SEQUENCE', 'FIRST', 'TOKENS_STRIDE', 'NULL_SLOT'],
  wgsl: () => [slotState, main].join('\n'),
  cpu: planRowsOnCpu,
});
