import { defineKernel } from '../../gpu/kernel';
import { quantizingWgsl } from '../shared/quantize';
import { WORKGROUP } from './quantize-rows-grid';
import { quantizeRowsOnCpu } from './quantize-rows.cpu';
import wgsl from './quantize-rows.wgsl?raw';

/**
 * quantized = int8 codes of x, with a scale for each chunk of 32: its largest magnitude / 127. A device's division may be off by 2.5
 * units in the last place, so a number that lies halfway between two codes may get either. Grid: `quantizeRowsGrid`.
 */
export const quantizeRows = defineKernel({
  name: 'quantize-rows',
  bindings: [
    { name: 'x', access: 'read' },
    { name: 'quantized', access: 'read_write' },
  ],
  constants: ['CHUNKS'],
  wgsl: () => `const WORKGROUP = ${WORKGROUP}u;\n${quantizingWgsl(wgsl)}`,
  cpu: quantizeRowsOnCpu,
});
