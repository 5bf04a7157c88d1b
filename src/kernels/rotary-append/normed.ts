import { defineKernel } from '../../gpu/kernel';
import kvPool from '../shared/kv-pool.wgsl?raw';
import norm from './norm.wgsl?raw';
import { ROTARY_BINDINGS, ROTARY_CONSTANTS } from './rotary-append';
import { normedHead, rotaryAppendOnCpu } from './rotary-append.cpu';
import main from './rotary-append.wgsl?raw';

/** `rotaryAppend` after each head of queries and keys is normed: `norms` are [query, key][HEAD_DIM, padded to 32]. */
export const rotaryAppendNormed = defineKernel({
  name: 'rotary-append-normed',
  bindings: [...ROTARY_BINDINGS, { name: 'norms', access: 'read' }],
  constants: [...ROTARY_CONSTANTS, 'EPSILON'],
  wgsl: () => [kvPool, main, norm].join('\n'),
  cpu: (buffers, constants, grid) => {
    rotaryAppendOnCpu(buffers, constants, grid, normedHead(buffers.norms, constants));
  },
});
