import { defineKernel } from '../../gpu/kernel';
import { KV_POOL_CONSTANTS } from '../shared/kv-pool';
import kvPool from '../shared/kv-pool.wgsl?raw';
import { rotaryAppendOnCpu } from './rotary-append.cpu';
import main from './rotary-append.wgsl?raw';

/** Rotates queries in place and keys on their way into the pool; values go into theirs as they are. */
export const rotaryAppend = defineKernel({
  name: 'rotary-append',
  bindings: [
    { name: 'qkv', access: 'read_write' },
    { name: 'rows', access: 'read' },
    { name: 'tables', access: 'read' },
    { name: 'rotations', access: 'read' },
    { name: 'keys', access: 'read_write' },
    { name: 'values', access: 'read_write' },
  ],
  constants: [...KV_POOL_CONSTANTS, 'Q_HEADS', 'QKV_STRIDE'],
  wgsl: () => [kvPool, main].join('\n'),
  cpu: rotaryAppendOnCpu,
});
