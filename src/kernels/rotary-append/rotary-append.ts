import { defineKernel } from '../../gpu/kernel';
import type { Grid } from '../../gpu/kernel';
import { divideUp } from '../../lib/shapes';
import { KV_POOL_CONSTANTS } from '../shared/kv-pool';
import kvPool from '../shared/kv-pool.wgsl?raw';
import plain from './plain.wgsl?raw';
import { rotaryAppendOnCpu } from './rotary-append.cpu';
import main from './rotary-append.wgsl?raw';

export const ROTARY_BINDINGS = [
  { name: 'qkv', access: 'read_write' },
  { name: 'rows', access: 'read' },
  { name: 'tables', access: 'read' },
  { name: 'rotations', access: 'read' },
  { name: 'keys', access: 'read_write' },
  { name: 'values', access: 'read_write' },
] as const;

export const ROTARY_CONSTANTS = [...KV_POOL_CONSTANTS, 'Q_HEADS', 'QKV_STRIDE', 'ROTARY_DIM'] as const;

/** Rotates queries in place and keys on their way into the pool; values go into theirs as they are. */
export const rotaryAppend = defineKernel({
  name: 'rotary-append',
  bindings: ROTARY_BINDINGS,
  constants: ROTARY_CONSTANTS,
  wgsl: () => [kvPool, main, plain].join('\n'),
  cpu: rotaryAppendOnCpu,
});

/** A workgroup of 64 threads takes as many whole heads as it has room for, at eight numbers a thread. */
export function rotaryAppendGrid(heads: number, headDim: number, rows: number): Grid {
  return [divideUp(heads, Math.floor(64 / (headDim / 8))), 1, rows];
}
