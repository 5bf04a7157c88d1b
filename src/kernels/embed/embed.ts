import { defineKernel } from '../../gpu/kernel';
import { PACKED_CONSTANTS, packedWgsl } from '../shared/packed';
import { embedOnCpu } from './embed.cpu';
import main from './embed.wgsl?raw';

/** y[r] = SCALE · table[token of row r], decoded to f32. One dispatch for each part of a table split by rows. */
export const embed = defineKernel({
  name: 'embed',
  bindings: [
    { name: 'rows', access: 'read' },
    { name: 'codes', access: 'read' },
    { name: 'scales', access: 'read' },
    { name: 'y', access: 'read_write' },
  ],
  constants: [...PACKED_CONSTANTS, 'WIDTH', 'FIRST_ROW', 'PART_ROWS', 'SCALE'],
  wgsl: (constants) => [packedWgsl(constants), main].join('\n'),
  cpu: embedOnCpu,
});
