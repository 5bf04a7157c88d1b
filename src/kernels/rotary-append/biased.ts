import { defineKernel } from '../../gpu/kernel';
import kvPool from '../shared/kv-pool.wgsl?raw';
import bias from './bias.wgsl?raw';
import { ROTARY_BINDINGS, ROTARY_CONSTANTS } from './rotary-append';
import { biasedHead, rotaryAppendOnCpu } from './rotary-append.cpu';
import main from './rotary-append.wgsl?raw';

/** `rotaryAppend` after a bias is added to queries, keys and values: `bias` is [all heads][HEAD_DIM, padded to 32]. */
export const rotaryAppendBiased = defineKernel({
  name: 'rotary-append-biased',
  bindings: [...ROTARY_BINDINGS, { name: 'bias', access: 'read' }],
  constants: ROTARY_CONSTANTS,
  wgsl: () => [kvPool, main, bias].join('\n'),
  cpu: (buffers, constants, grid) => {
    rotaryAppendOnCpu(buffers, constants, grid, biasedHead(buffers.bias, constants));
  },
});
