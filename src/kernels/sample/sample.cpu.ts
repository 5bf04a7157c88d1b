/**
 * Twins of the shaders of this folder, which say what each is for. Logits, distances and bins are the same f32 numbers;
 * probabilities and waits are f64 here. They run for real users where there is no adapter, so they allocate nothing but the
 * list that `cut` sorts, and that list is short.
 */
import type { Constants, CpuView, Grid } from '../../gpu/kernel';
import { exponential, tokenBits } from '../shared/random.cpu';
import { BAD_KEY, isBefore, LAST, logitOf, rankKey } from '../shared/rank.cpu';
import { BAD_LOGIT, DEAD_ROW, NO_TOKEN, SLOT_WORDS, SlotWord } from '../shared/slot-state';
import { TILE, tilesOf } from '../shared/tile';
import { BINS } from './bins';

type Views<B extends string> = Readonly<Record<B, CpuView>>;
type Shape = Constants<'VOCAB' | 'LOGIT_STRIDE'>;
type RowBinding = 'rows' | 'picked' | 'slots' | 'largest';

const MIN_TEMPERATURE = 1e-6;
const BINS_PER_UNIT = 8;
const CERTAIN = 0.999;
const HOPELESS = 64;

/** What row.wgsl knows of an output; one object, filled anew for each output. */
const row = {
  slot: 0,
  position: 0,
  isDead: false,
  isDrawn: false,
  isFiltered: false,
  temperature: 0,
  topK: 0, // as many as there are tokens where it keeps all
  topP: 1,
  /** The rank of the likeliest token, and its logit. */
  topKey: 0,
  topId: 0,
  topLogit: 0,
};

function readRow({ rows, picked, slots, largest }: Views<RowBinding>, vocabSize: number, output: number): void {
  const at = 4 * picked.u32[output]!;
  const slot = rows.u32[at + 2]!;
  const words = slot * SLOT_WORDS;
  const topK = slots.u32[words + SlotWord.topK]!;
  row.slot = slot;
  row.position = rows.u32[at + 1]!;
  row.isDead = rows.u32[at + 3] === DEAD_ROW;
  row.isDrawn = !row.isDead && slots.f32[words + SlotWord.temperature]! > 0;
  row.temperature = Math.max(slots.f32[words + SlotWord.temperature]!, MIN_TEMPERATURE);
  row.topK = topK === 0 ? vocabSize : Math.min(topK, vocabSize);
  row.topP = slots.f32[words + SlotWord.topP]!;
  row.isFiltered = row.isDrawn && (row.topK < vocabSize || row.topP < 1);
  firstPair(largest, tilesOf(vocabSize), output);
  row.topKey = pair.key;
  row.topId = pair.id;
  row.topLogit = logitOf(row.topKey);
}

const pair = { key: 0, id: 0 };

/** The first of an output's `count` pairs into `pair`. */
function firstPair({ u32 }: CpuView, count: number, output: number): void {
  pair.key = LAST;
  pair.id = LAST;
  for (let i = 2 * output * count; i < 2 * (output + 1) * count; i += 2) {
    if (!isBefore(u32[i]!, u32[i + 1]!, pair.key, pair.id)) continue;
    pair.key = u32[i]!;
    pair.id = u32[i + 1]!;
  }
}

function distanceBelowTop(logit: number): number {
  return 2 * Math.min(Math.fround(0.5 * row.topLogit - 0.5 * logit), 1e30);
}

function weightOf(logit: number): number {
  return Math.exp(-distanceBelowTop(logit) / row.temperature);
}

function binOf(logit: number): number {
  return Math.min(Math.trunc(distanceBelowTop(logit) * BINS_PER_UNIT), BINS - 1);
}

/** Twin of largest.wgsl. */
export function largestOnCpu(
  { logits, largest }: Views<'logits' | 'largest'>,
  { VOCAB, LOGIT_STRIDE }: Shape,
  [tiles, , outputs]: Grid,
): void {
  for (let output = 0; output < outputs; output++) {
    const base = output * LOGIT_STRIDE;
    for (let tile = 0; tile < tiles; tile++) {
      let key = LAST;
      let id = LAST;
      for (let i = tile * TILE; i < Math.min((tile + 1) * TILE, VOCAB); i++) {
        const other = rankKey(logits.u32[base + i]!);
        if (other >= key) continue; // of equal ones the first stays
        key = other;
        id = i;
      }
      largest.u32[2 * (output * tiles + tile)] = key;
      largest.u32[2 * (output * tiles + tile) + 1] = id;
    }
  }
}

/** Twin of bins.wgsl. */
export function binsOnCpu(
  views: Views<RowBinding | 'logits' | 'bins' | 'masses'>,
  { VOCAB, LOGIT_STRIDE }: Shape,
  [tiles, , outputs]: Grid,
): void {
  const { logits, bins, masses } = views;
  for (let output = 0; output < outputs; output++) {
    readRow(views, VOCAB, output);
    if (!row.isFiltered) continue;
    const base = output * LOGIT_STRIDE;
    for (let tile = 0; tile < tiles; tile++) {
      const at = (output * tiles + tile) * BINS;
      bins.u32.fill(0, at, at + BINS);
      let mass = 0;
      for (let id = tile * TILE; id < Math.min((tile + 1) * TILE, VOCAB); id++) {
        const logit = logits.f32[base + id]!;
        bins.u32[at + binOf(logit)]!++;
        mass += weightOf(logit);
      }
      masses.f32[output * tiles + tile] = mass;
    }
  }
}

/** Twin of candidates.wgsl. */
export function candidatesOnCpu(
  views: Views<RowBinding | 'logits' | 'bins' | 'masses' | 'candidates'>,
  { VOCAB, LOGIT_STRIDE }: Shape,
  [tiles, , outputs]: Grid,
): void {
  const { logits, candidates } = views;
  for (let output = 0; output < outputs; output++) {
    readRow(views, VOCAB, output);
    if (!row.isFiltered) continue;
    const last = row.topK < VOCAB ? lastBinOfTopK(views, tiles, output) : lastBinOfTopP(views, tiles, output);
    const base = output * LOGIT_STRIDE;
    const list = output * (1 + LOGIT_STRIDE) + 1;
    let count = 0;
    for (let i = 0; i < tiles * TILE; i++) {
      const id = idInOrder(i);
      if (id < VOCAB && binOf(logits.f32[base + id]!) <= last) candidates.u32[list + count++] = id;
    }
    candidates.u32[list - 1] = count;
  }
}

/** The ids of a tile in the order of the threads that have them, four at a time. */
function idInOrder(i: number): number {
  const inTile = i % TILE;
  const thread = inTile >> 4;
  const quad = (inTile >> 2) & 3;
  return i - inTile + (TILE / 4) * quad + 4 * thread + (inTile & 3);
}

function lastBinOfTopK({ bins }: Views<'bins'>, tiles: number, output: number): number {
  let tokens = 0;
  for (let bin = 0; bin < BINS - 1; bin++) {
    tokens += tokensOfBin(bins, tiles, output, bin);
    if (tokens >= row.topK) return bin;
  }
  return BINS - 1;
}

function lastBinOfTopP({ bins, masses }: Views<'bins' | 'masses'>, tiles: number, output: number): number {
  const leftOut = CERTAIN * (1 - row.topP) * massOfRow(masses, tiles, output);
  let tail = 0;
  for (let bin = BINS - 1; bin > 0; bin--) {
    tail += tokensOfBin(bins, tiles, output, bin) * Math.exp(-bin / BINS_PER_UNIT / row.temperature);
    if (tail > leftOut) return bin;
  }
  return 0;
}

function tokensOfBin({ u32 }: CpuView, tiles: number, output: number, bin: number): number {
  let tokens = 0;
  for (let tile = 0; tile < tiles; tile++) tokens += u32[(output * tiles + tile) * BINS + bin]!;
  return tokens;
}

function massOfRow({ f32 }: CpuView, tiles: number, output: number): number {
  let mass = 0;
  for (let tile = 0; tile < tiles; tile++) mass += f32[output * tiles + tile]!;
  return mass;
}

/** Twin of cut.wgsl, by sorting. */
export function cutOnCpu(
  views: Views<RowBinding | 'logits' | 'masses' | 'candidates' | 'cuts'>,
  { VOCAB, LOGIT_STRIDE }: Shape,
  [, , outputs]: Grid,
): void {
  const { logits, candidates, cuts, masses } = views;
  for (let output = 0; output < outputs; output++) {
    readRow(views, VOCAB, output);
    if (!row.isFiltered) continue;
    const scores = logits.f32.subarray(output * LOGIT_STRIDE, output * LOGIT_STRIDE + VOCAB);
    const list = output * (1 + LOGIT_STRIDE) + 1;
    const ranked = candidates.u32.slice(list, list + candidates.u32[list - 1]!);
    ranked.sort((a, b) => scores[b]! - scores[a]! || a - b);
    let kept = Math.min(row.topK, ranked.length);
    if (row.topP < 1) {
      let wanted = 0;
      if (row.topK < VOCAB) {
        for (let i = 0; i < kept; i++) wanted += weightOf(scores[ranked[i]!]!);
      } else {
        wanted = massOfRow(masses, tilesOf(VOCAB), output);
      }
      wanted *= row.topP;
      let prefix = 0;
      for (let mass = 0; prefix < kept && (prefix === 0 || mass < wanted); prefix++) {
        mass += weightOf(scores[ranked[prefix]!]!);
      }
      kept = prefix;
    }
    const last = ranked[kept - 1] ?? 0;
    cuts.u32[2 * output] = rankKey(logits.u32[output * LOGIT_STRIDE + last]!);
    cuts.u32[2 * output + 1] = last;
  }
}

/** Twin of race.wgsl. */
export function raceOnCpu(
  views: Views<RowBinding | 'logits' | 'cuts' | 'winners'>,
  { VOCAB, LOGIT_STRIDE }: Shape,
  [tiles, , outputs]: Grid,
): void {
  const { logits, slots, cuts, winners } = views;
  for (let output = 0; output < outputs; output++) {
    readRow(views, VOCAB, output);
    if (!row.isDrawn) continue;
    const words = row.slot * SLOT_WORDS;
    const seedLow = slots.u32[words + SlotWord.seedLow]!;
    const seedHigh = slots.u32[words + SlotWord.seedHigh]!;
    const farthest = Math.min(-Math.log(slots.f32[words + SlotWord.minP]!), HOPELESS);
    const cutKey = row.isFiltered ? cuts.u32[2 * output]! : LAST;
    const cutId = row.isFiltered ? cuts.u32[2 * output + 1]! : LAST;
    const base = output * LOGIT_STRIDE;
    for (let tile = 0; tile < tiles; tile++) {
      let winner = LAST;
      let shortest = Infinity;
      for (let id = tile * TILE; id < Math.min((tile + 1) * TILE, VOCAB); id++) {
        const distance = distanceBelowTop(logits.f32[base + id]!) / row.temperature;
        if (!(distance <= farthest)) continue;
        if (isBefore(cutKey, cutId, rankKey(logits.u32[base + id]!), id)) continue;
        const wait = exponential(tokenBits(seedLow, seedHigh, row.position + 1, id)) * Math.exp(distance);
        if (wait >= shortest) continue; // of equal ones the first stays
        shortest = wait;
        winner = id;
      }
      const at = 2 * (output * tiles + tile);
      if (winner === LAST) winners.u32[at] = LAST;
      else winners.f32[at] = shortest;
      winners.u32[at + 1] = winner;
    }
  }
}

/** Twin of choose.wgsl. */
export function chooseOnCpu(
  views: Views<RowBinding | 'winners' | 'chosen'>,
  { VOCAB }: Shape,
  [, , outputs]: Grid,
): void {
  const { winners, chosen } = views;
  for (let output = 0; output < outputs; output++) {
    readRow(views, VOCAB, output);
    firstPair(winners, tilesOf(VOCAB), output);
    const id = row.isDrawn ? pair.id : row.topId;
    chosen.u32[output] = row.isDead ? NO_TOKEN : row.topKey === BAD_KEY ? BAD_LOGIT : id;
  }
}

/** Twin of greedy.wgsl. */
export function greedyOnCpu(
  { rows, picked, ranks, chosen }: Views<'rows' | 'picked' | 'ranks' | 'chosen'>,
  { RANK_STRIDE }: Constants<'RANK_STRIDE'>,
  [, , outputs]: Grid,
): void {
  for (let output = 0; output < outputs; output++) {
    firstPair(ranks, RANK_STRIDE, output);
    const isDead = rows.u32[4 * picked.u32[output]! + 3] === DEAD_ROW;
    chosen.u32[output] = isDead ? NO_TOKEN : pair.key === BAD_KEY ? BAD_LOGIT : pair.id;
  }
}
