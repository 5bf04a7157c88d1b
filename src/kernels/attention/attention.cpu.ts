import type { Constants, CpuView, Grid } from '../../gpu/kernel';
import { formatOf, loadPosition, placeOf } from '../shared/kv-pool.cpu';
import type { KvPoolConstant } from '../shared/kv-pool';
import { softCapped } from '../shared/soft-cap';
import { SPLIT } from './splits';
import type { SplitConstant } from './splits';

/** What is known of a head of a row after some of its positions; as in splits.wgsl. */
interface Partial {
  /** Σ share · value. */
  readonly sums: Float32Array;
  /** Σ share. */
  readonly total: number;
  /** Of the scores, which the shares are relative to. */
  readonly maximum: number;
}

/** Twin of attention.wgsl: each split in two passes over its positions, row by row. */
export function attentionOnCpu(
  {
    qkv,
    rows,
    tables,
    keys,
    values,
    y,
  }: Readonly<Record<'qkv' | 'rows' | 'tables' | 'keys' | 'values' | 'y', CpuView>>,
  constants: Constants<KvPoolConstant | SplitConstant | 'QKV_STRIDE' | 'SCALE' | 'SOFT_CAP'>,
  [, splitCount, rowCount]: Grid,
): void {
  const { Q_HEADS, KV_HEADS, HEAD_DIM, KV_FORMAT, QKV_STRIDE, Y_STRIDE, SCALE, SOFT_CAP, SPLITS } = constants;
  const format = formatOf(KV_FORMAT);
  const numbers = new Float32Array(HEAD_DIM);
  const sums = new Float64Array(HEAD_DIM);
  const scores = new Float64Array(SPLIT);
  for (let row = 0; row < rowCount; row++) {
    const own = rows.u32[4 * row + 1]!;
    const sequence = rows.u32[4 * row + 2]!;
    const partialOf = (head: number, split: number): Partial => {
      const kvHead = Math.floor(head / (Q_HEADS / KV_HEADS));
      const query = row * QKV_STRIDE + head * HEAD_DIM;
      const from = Math.max(split * SPLIT, firstSeen(own, constants));
      const end = Math.min((split + 1) * SPLIT, own + 1);
      let maximum = -Infinity;
      for (let position = from; position < end; position++) {
        loadPosition(keys, 'keys', format, placeOf(tables, constants, sequence, position, kvHead), numbers);
        let score = 0;
        for (let i = 0; i < HEAD_DIM; i++) score += qkv.f32[query + i]! * numbers[i]!;
        score *= SCALE;
        if (SOFT_CAP > 0) score = softCapped(score, SOFT_CAP);
        scores[position - from] = score;
        maximum = Math.max(maximum, score);
      }
      maximum = Math.fround(maximum); // so that merging at once and from a buffer are the same
      let total = 0;
      sums.fill(0);
      for (let position = from; position < end; position++) {
        const share = Math.exp(scores[position - from]! - maximum);
        total += share;
        loadPosition(values, 'values', format, placeOf(tables, constants, sequence, position, kvHead), numbers);
        for (let i = 0; i < HEAD_DIM; i++) sums[i] = sums[i]! + share * numbers[i]!;
      }
      return { sums: Float32Array.from(sums), total: Math.fround(total), maximum };
    };
    const [first, last] = splitsSeen(own, constants);
    for (let head = 0; head < Q_HEADS; head++) {
      if (SPLITS === 0) {
        const partials = Array.from({ length: last - first + 1 }, (_, i) => partialOf(head, first + i));
        y.f32.set(merged(partials), row * Y_STRIDE + head * HEAD_DIM);
        continue;
      }
      for (let split = first; split <= Math.min(last, splitCount - 1); split++) {
        const { sums: gathered, total, maximum } = partialOf(head, split);
        const at = partialAt(constants, row, head, split);
        y.f32.set(gathered, at);
        y.f32.set([total, maximum, 0, 0], at + HEAD_DIM);
      }
    }
  }
}

/** Twin of merge-splits.wgsl. */
export function mergeSplitsOnCpu(
  { rows, partials, y }: Readonly<Record<'rows' | 'partials' | 'y', CpuView>>,
  constants: Constants<SplitConstant | 'HEAD_DIM'>,
  [, , rowCount]: Grid,
): void {
  const { Q_HEADS, HEAD_DIM, Y_STRIDE } = constants;
  for (let row = 0; row < rowCount; row++) {
    const [first, last] = splitsSeen(rows.u32[4 * row + 1]!, constants);
    for (let head = 0; head < Q_HEADS; head++) {
      const stored = Array.from({ length: last - first + 1 }, (_, i): Partial => {
        const at = partialAt(constants, row, head, first + i);
        const sums = partials.f32.subarray(at, at + HEAD_DIM);
        return { sums, total: partials.f32[at + HEAD_DIM]!, maximum: partials.f32[at + HEAD_DIM + 1]! };
      });
      y.f32.set(merged(stored), row * Y_STRIDE + head * HEAD_DIM);
    }
  }
}

function merged(partials: readonly Partial[]): Float32Array {
  const sums = new Float64Array(partials[0]!.sums.length);
  let total = 0;
  let maximum = -Infinity;
  for (const split of partials) {
    const higher = Math.max(maximum, split.maximum);
    const fade = Math.exp(maximum - higher);
    const share = Math.exp(split.maximum - higher);
    for (let i = 0; i < sums.length; i++) sums[i] = fade * sums[i]! + share * split.sums[i]!;
    total = fade * total + share * split.total;
    maximum = higher;
  }
  return Float32Array.from(sums, (sum) => sum / total);
}

function firstSeen(position: number, { WINDOW }: Constants<'WINDOW'>): number {
  return WINDOW > 0 ? Math.max(0, position + 1 - WINDOW) : 0;
}

/** The first and the last split that a row at `position` sees. */
function splitsSeen(position: number, constants: Constants<'WINDOW'>): [first: number, last: number] {
  return [Math.floor(firstSeen(position, constants) / SPLIT), Math.floor(position / SPLIT)];
}

/** Where a partial result begins, in numbers. */
function partialAt(
  { Q_HEADS, SPLITS, HEAD_DIM }: Constants<'Q_HEADS' | 'SPLITS' | 'HEAD_DIM'>,
  row: number,
  head: number,
  split: number,
): number {
  return ((row * Q_HEADS + head) * SPLITS + split) * (HEAD_DIM + 4);
}
