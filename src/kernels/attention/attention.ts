import { defineKernel } from '../../gpu/kernel';
import type { Grid } from '../../gpu/kernel';
import { divideUp, roundUp } from '../../lib/shapes';
import { BLOCK, KV_POOL_CONSTANTS } from '../shared/kv-pool';
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

/** How the work of a kv head is dealt to a workgroup and its threads; nothing of it changes a bit of the result. */
export interface AttentionTiling {
  /** Rows of a run that a workgroup takes, and query heads of each. */
  readonly ROWS: number;
  readonly HEADS: number;
  readonly WORKGROUP: number;
  /** Queries that a thread keeps in registers: while it scores, and while it sums. */
  readonly SCORED: number;
  readonly SUMMED: number;
  /** How often it sums in a tile, and how many vectors of shares it makes. */
  readonly SUM_TURNS: number;
  readonly SHARED: number;
}

/** Queries that a thread keeps in registers, at most: more make no use of what was read, and take long to compile. */
const MOST_EACH = 4;

/**
 * Queries of a workgroup, at most, and teams of 32 threads. Where threads are not free, neither is workgroup memory: what
 * the queries take is cleared word by word, in code that takes longer to compile the more there is.
 */
const MOST_QUERIES = { free: 16, costly: 8 } as const;
const MOST_TEAMS = { free: 4, costly: 1 } as const;

/**
 * @param group query heads of a kv head
 * @param runRows rows of one sequence that follow each other, at most
 * @param lanes see Backend.lanes: one where threads are not free
 */
export function attentionTiling(group: number, headDim: number, runRows: number, lanes: number): AttentionTiling {
  const threads = lanes === 1 ? 'costly' : 'free';
  const quads = headDim / 4;
  const room = Math.min(MOST_QUERIES[threads], MOST_EACH * Math.floor((MOST_TEAMS.free * BLOCK) / quads));
  const HEADS = largestShare(group, room);
  const most = Math.floor(Math.log2(room / HEADS));
  const wanted = Math.ceil(Math.log2(runRows));
  // Every number of rows is a pipeline; where compiling is slow, there are two.
  const ROWS = 2 ** (threads === 'costly' && runRows > 1 ? most : Math.min(wanted, most));
  const queries = ROWS * HEADS;
  const WORKGROUP = Math.max(BLOCK * Math.min(MOST_TEAMS[threads], queries), roundUp(quads, BLOCK));
  const sumTeams = Math.floor(WORKGROUP / quads);
  const SUMMED = Math.min(MOST_EACH, divideUp(queries, sumTeams));
  return {
    ROWS,
    HEADS,
    WORKGROUP,
    SCORED: Math.min(MOST_EACH, divideUp(queries, WORKGROUP / BLOCK)),
    SUMMED,
    SUM_TURNS: divideUp(queries, sumTeams * SUMMED),
    SHARED: divideUp(queries * (BLOCK / 4), WORKGROUP),
  };
}

/** The largest divisor of `count` that is at most `most`. */
function largestShare(count: number, most: number): number {
  let share = Math.min(count, most);
  while (count % share !== 0) share--;
  return share;
}
