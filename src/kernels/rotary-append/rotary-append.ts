import { defineKernel } from '../../gpu/kernel';
import type { Grid } from '../../gpu/kernel';
import { divideUp } from '../../lib/shapes';
import { KV_POOL_CONSTANTS } from '../shared/kv-pool';
import kvPool from '../shared/kv-pool.wgsl?raw';
import bias from './bias.wgsl?raw';
import norm from './norm.wgsl?raw';
import plain from './plain.wgsl?raw';
import { biasedHead, normedHead, rotaryAppendOnCpu } from './rotary-append.cpu';
import main from './rotary-append.wgsl?raw';

const BINDINGS = [
  { name: 'qkv', access: 'read_write' },
  { name: 'rows', access: 'read' },
  { name: 'tables', access: 'read' },
  { name: 'rotations', access: 'read' },
  { name: 'keys', access: 'read_write' },
  { name: 'values', access: 'read_write' },
] as const;

const CONSTANTS = [...KV_POOL_CONSTANTS, 'Q_HEADS', 'QKV_STRIDE', 'ROTARY_DIM'] as const;

/** Rotates queries in place and keys on their way into the pool; values go into theirs as they are. */
export const rotaryAppend = defineKernel({
  name: 'rotary-append',
  bindings: BINDINGS,
  constants: CONSTANTS,
  wgsl: () => [kvPool, main, plain].join('\n'),
  cpu: rotaryAppendOnCpu,
});

/** The same, after a bias is added to queries, keys and values: `bias` is [all heads][HEAD_DIM, padded to 32]. */
export const rotaryAppendBiased = defineKernel({
  name: 'rotary-append-biased',
  bindings: [...BINDINGS, { name: 'bias', access: 'read' }],
  constants: CONSTANTS,
  wgsl: () => [kvPool, main, bias].join('\n'),
  cpu: (buffers, constants, grid) => {
    rotaryAppendOnCpu(buffers, constants, grid, biasedHead(buffers.bias, constants));
  },
});

/** The same, after each head of queries and keys is normed: `norms` are [query, key][HEAD_DIM, padded to 32]. */
export const rotaryAppendNormed = defineKernel({
  name: 'rotary-append-normed',
  bindings: [...BINDINGS, { name: 'norms', access: 'read' }],
  constants: [...CONSTANTS, 'EPSILON'],
  wgsl: () => [kvPool, main, norm].join('\n'),
  cpu: (buffers, constants, grid) => {
    rotaryAppendOnCpu(buffers, constants, grid, normedHead(buffers.norms, constants));
  },
});

/** A workgroup of 64 threads takes as many whole heads as it has room for, at eight numbers a thread. */
export function rotaryAppendGrid(heads: number, headDim: number, rows: number): Grid {
  return [divideUp(heads, Math.floor(64 / (headDim / 8))), 1, rows];
}
