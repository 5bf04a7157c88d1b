import { defineKernel } from '../../gpu/kernel';
import { gatherRowsOnCpu } from './gather-rows.cpu';
import wgsl from './gather-rows.wgsl?raw';

/** y[i] = x[picked[i]]: the rows whose logits are asked for. */
export const gatherRows = defineKernel({
  name: 'gather-rows',
  bindings: [
    { name: 'x', access: 'read' },
    { name: 'picked', access: 'read' },
    { name: 'y', access: 'read_write' },
  ],
  constants: ['STRIDE'],
  wgsl: () => wgsl,
  cpu: gatherRowsOnCpu,
});
