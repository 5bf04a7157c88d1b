import { defineKernel } from '../../gpu/kernel';
import type { Grid } from '../../gpu/kernel';
import { divideUp } from '../../lib/shapes';
import { KV_POOL_CONSTANTS } from '../shared/kv-pool';
import kvPool from '../shared/kv-pool.wgsl?raw';
import softCap from '../shared/soft-cap.wgsl?raw';
import { unrolled } from '../shared/unrolled';
import { attentionOnCpu, mergeSplitsOnCpu } from './attention.cpu';
import main from './attention.wgsl?raw';
import mergeMain from './merge-splits.wgsl?raw';
import { SPLIT_CONSTANTS } from './splits';
import splits from './splits.wgsl?raw';

/**
 * y[r][head] = softmax(SCALE · q · Kᵀ) · V over the positions row r may see: those up to its own, of which WINDOW leaves the
 * last ones (0: all). SOFT_CAP keeps scores between −SOFT_CAP and SOFT_CAP (0: as they are). The grid is [kv heads times
 * their parts, workgroups that share the splits of a row, rows]. With SPLITS = 0 one workgroup takes them all; otherwise y
 * gets the partial result of each (splits.wgsl), for `mergeSplits`.
 */
export const attention = defineKernel({
  name: 'attention',
  bindings: [
    { name: 'qkv', access: 'read' },
    { name: 'rows', access: 'read' },
    { name: 'tables', access: 'read' },
    { name: 'keys', access: 'read' },
    { name: 'values', access: 'read' },
    { name: 'y', access: 'read_write' },
  ],
  constants: [
    ...KV_POOL_CONSTANTS,
    ...SPLIT_CONSTANTS,
    'QKV_STRIDE',
    'SCALE',
    'SOFT_CAP',
    'ROWS',
    'HEADS',
    'WORKGROUP',
    'SCORED',
    'SUMMED',
    'SUM_TURNS',
    'SHARED',
  ],
  wgsl: ({ SCORED, SUMMED, SUM_TURNS, SHARED }) => {
    const counts = { SCORED, SUMMED, SUM_TURNS, SHARED };
    const sizes = Object.entries(counts).map(([name, count]) => `const ${name} = ${count}u;`);
    return [...sizes, kvPool, softCap, splits, unrolled(main, counts)].join('\n');
  },
  cpu: attentionOnCpu,
});

/** y[r][head] = what row r gathered from all of its splits, as `attention` gives it with SPLITS = 0. */
export const mergeSplits = defineKernel({
  name: 'merge-splits',
  bindings: [
    { name: 'rows', access: 'read' },
    { name: 'partials', access: 'read' },
    { name: 'y', access: 'read_write' },
  ],
  constants: [...SPLIT_CONSTANTS, 'HEAD_DIM'],
  wgsl: () => [splits, mergeMain].join('\n'),
  cpu: mergeSplitsOnCpu,
});

/** @param headDim numbers of a head. @returns one thread for four numbers of each head of each row. */
export function mergeGrid(heads: number, headDim: number, rows: number): Grid {
  return [divideUp((heads * headDim) / 4, 64), 1, rows];
}
