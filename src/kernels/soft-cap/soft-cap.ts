import { defineKernel } from '../../gpu/kernel';
import type { Grid } from '../../gpu/kernel';
import { divideUp } from '../../lib/shapes';
import formula from '../shared/soft-cap.wgsl?raw';
import { softCapOnCpu } from './soft-cap.cpu';
import main from './soft-cap.wgsl?raw';

/** y = SOFT_CAP · tanh(y / SOFT_CAP), in place; it keeps the order of the logits, so whoever wants the likeliest needs none. */
export const softCap = defineKernel({
  name: 'soft-cap',
  bindings: [{ name: 'y', access: 'read_write' }],
  constants: ['STRIDE', 'SOFT_CAP'],
  wgsl: () => [formula, main].join('\n'),
  cpu: softCapOnCpu,
});

/** @param stride vec4s in a row */
export function softCapGrid(stride: number, rows: number): Grid {
  return [divideUp(stride, 64), 1, rows];
}
