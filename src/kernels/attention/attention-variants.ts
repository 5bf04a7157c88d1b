/**
 * The ways in which attention may be computed. They differ in how the queries of a kv head are dealt to workgroups and threads,
 * never in the order of additions, so all variants of a key give the same bits. Where a split begins is part of that order:
 * SPLIT is no variant.
 */
import { divideUp, roundUp } from '../../lib/shapes';
import type { RowClass } from '../product-variants';
import { BLOCK } from '../shared/kv-pool';
import type { KvFormat } from '../shared/kv-pool';

/** What the choice of a variant may depend on. */
export interface AttentionKey {
  /** Query heads of a kv head. */
  readonly group: number;
  readonly kvHeads: number;
  readonly headDim: number;
  readonly kvFormat: KvFormat;
  /** Positions a row sees; 0: all before it. */
  readonly window: number;
  /** Rows in all, and rows of one sequence that follow each other, as `rowClass` counts them. */
  readonly rows: RowClass;
  readonly run: RowClass;
  /** The class of the context: whether the splits of a row go to workgroups of their own. */
  readonly split: boolean;
  /** Backend.lanes: one where threads are not free. */
  readonly lanes: number;
}

export interface AttentionVariant {
  /** Queries of a workgroup, at most. */
  readonly queries: number;
  /** Teams of 32 threads, at most. */
  readonly teams: number;
  /** Workgroups that share the splits of a row and a kv head, at most. */
  readonly sharers: number;
}

/** How the work of a kv head is dealt to a workgroup and its threads. */
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

/** [queries, teams, sharers] */
type Sizes = readonly [queries: number, teams: number, sharers: number];

/** Where threads are free. Few queries make many workgroups, which read a tile more than once. */
const WHOLE: readonly Sizes[] = [[16, 4, 1], [8, 4, 1], [4, 4, 1], [2, 2, 1], [1, 1, 1], [16, 2, 1], [16, 8, 1], [32, 8, 1]]; // prettier-ignore
const SPLIT_UP: readonly Sizes[] = [[16, 4, 32], [16, 4, 16], [16, 4, 64], [4, 4, 32], [2, 2, 32], [16, 2, 32], [16, 8, 32], [1, 1, 32]]; // prettier-ignore

/**
 * Where threads are not free, neither is workgroup memory: what the queries take is cleared word by word, in code that takes
 * longer to compile the more there is.
 */
const COSTLY: readonly Sizes[] = [[8, 1, 1], [4, 1, 1], [16, 1, 1], [2, 1, 1], [8, 2, 1]]; // prettier-ignore

/** Queries that a thread keeps in registers, at most: more make no use of what was read, and take long to compile. */
const MOST_EACH = 4;

/** Threads among which the numbers of a workgroup's queries are shared out; it takes no more of them than that leaves room for. */
const SUMMING_THREADS = 4 * BLOCK;

/** At most eight, each of which deals the work otherwise; the first is the default. */
export function attentionVariants(key: AttentionKey): readonly [AttentionVariant, ...AttentionVariant[]] {
  const [usual, ...others] = (key.lanes === 1 ? COSTLY : key.split ? SPLIT_UP : WHOLE).map(variantOf);
  const seen = new Set([dealOf(key, usual!)]);
  return [usual!, ...others.filter((variant) => seen.size < seen.add(dealOf(key, variant)).size)];
}

function variantOf([queries, teams, sharers]: Sizes): AttentionVariant {
  return { queries, teams, sharers };
}

function dealOf(key: AttentionKey, variant: AttentionVariant): string {
  return JSON.stringify([attentionTiling(key, variant), variant.sharers]);
}

export function attentionTiling(
  { group, headDim, run, lanes }: Pick<AttentionKey, 'group' | 'headDim' | 'run' | 'lanes'>,
  { queries: mostQueries, teams }: AttentionVariant,
): AttentionTiling {
  const quads = headDim / 4;
  const room = Math.min(mostQueries, MOST_EACH * Math.floor(SUMMING_THREADS / quads));
  const HEADS = largestShare(group, room);
  const most = Math.floor(Math.log2(room / HEADS));
  const wanted = Math.ceil(Math.log2(run));
  // Every number of rows is a pipeline; where compiling is slow, there are two.
  const ROWS = 2 ** (lanes === 1 && run > 1 ? most : Math.min(wanted, most));
  const queries = ROWS * HEADS;
  const WORKGROUP = Math.max(BLOCK * Math.min(teams, queries), roundUp(quads, BLOCK));
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
