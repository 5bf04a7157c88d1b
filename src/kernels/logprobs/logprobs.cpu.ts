/** Twins of survey.wgsl and report.wgsl; probabilities are f64 here. */
import type { Constants, CpuView, Grid } from '../../gpu/kernel';
import { isBefore, LAST, logitOf, rankKey } from '../shared/rank.cpu';
import { DEAD_ROW, LOGPROB_WORDS, MAX_ALTERNATIVES, SLOT_WORDS, SlotWord } from '../shared/slot-state';
import { TILE, tilesOf } from '../shared/tile';

type Views<B extends string> = Readonly<Record<B, CpuView>>;
type Shape = Constants<'VOCAB' | 'LOGIT_STRIDE'>;

/** How many alternatives an output asks for; -1 where it asks for nothing. */
function wanted({ rows, picked, slots }: Views<'rows' | 'picked' | 'slots'>, vocabSize: number, output: number) {
  const at = 4 * picked.u32[output]!;
  if (rows.u32[at + 3] === DEAD_ROW) return -1;
  return Math.min(slots.u32[rows.u32[at + 2]! * SLOT_WORDS + SlotWord.logprobs]! - 1, MAX_ALTERNATIVES, vocabSize);
}

/** Twin of survey.wgsl. */
export function surveyOnCpu(
  views: Views<'logits' | 'rows' | 'picked' | 'slots' | 'raw' | 'leaders' | 'sums'>,
  { VOCAB, LOGIT_STRIDE }: Shape,
  [tiles, , outputs]: Grid,
): void {
  const { logits, raw, leaders, sums } = views;
  for (let output = 0; output < outputs; output++) {
    const places = Math.max(1, wanted(views, VOCAB, output));
    if (wanted(views, VOCAB, output) < 0) continue;
    const base = output * LOGIT_STRIDE;
    raw.u32.set(logits.u32.subarray(base, base + VOCAB), base);
    for (let tile = 0; tile < tiles; tile++) {
      const begin = tile * TILE;
      const end = Math.min(begin + TILE, VOCAB);
      const list = 2 * (output * tiles + tile) * MAX_ALTERNATIVES;
      leaders.u32.fill(LAST, list, list + 2 * places);
      for (let id = begin; id < end; id++) {
        insert(leaders.u32, list, places, rankKey(logits.u32[base + id]!), id);
      }
      const top = logitOf(leaders.u32[list]!);
      let sum = 0;
      for (let id = begin; id < end; id++) sum += Math.exp(logits.f32[base + id]! - top);
      sums.f32[output * tiles + tile] = sum;
    }
  }
}

/** Puts a rank in its place among the first `places` ranks of a list, or leaves it out. */
function insert(list: Uint32Array, at: number, places: number, key: number, id: number): void {
  let place = places;
  while (place > 0 && isBefore(key, id, list[at + 2 * place - 2]!, list[at + 2 * place - 1]!)) place--;
  if (place === places) return;
  list.copyWithin(at + 2 * place + 2, at + 2 * place, at + 2 * places - 2);
  list[at + 2 * place] = key;
  list[at + 2 * place + 1] = id;
}

const best = new Uint32Array(2 * MAX_ALTERNATIVES);

/** Twin of report.wgsl. */
export function reportOnCpu(
  views: Views<'rows' | 'picked' | 'slots' | 'raw' | 'leaders' | 'sums' | 'chosen' | 'logprobs'>,
  { VOCAB, LOGIT_STRIDE }: Shape,
  [, , outputs]: Grid,
): void {
  const { raw, leaders, sums, chosen, logprobs } = views;
  const tiles = tilesOf(VOCAB);
  for (let output = 0; output < outputs; output++) {
    const alternatives = wanted(views, VOCAB, output);
    const id = chosen.u32[output]!;
    if (alternatives < 0 || id >= VOCAB) continue;
    const places = Math.max(1, alternatives);
    best.fill(LAST);
    for (let tile = 0; tile < tiles; tile++) {
      const list = 2 * (output * tiles + tile) * MAX_ALTERNATIVES;
      for (let i = list; i < list + 2 * places; i += 2) insert(best, 0, places, leaders.u32[i]!, leaders.u32[i + 1]!);
    }
    const top = logitOf(best[0]!);
    let sum = 0;
    for (let tile = 0; tile < tiles; tile++) {
      const leader = leaders.u32[2 * (output * tiles + tile) * MAX_ALTERNATIVES]!;
      sum += sums.f32[output * tiles + tile]! * Math.exp(logitOf(leader) - top);
    }
    const at = output * LOGPROB_WORDS;
    logprobs.f32[at] = raw.f32[output * LOGIT_STRIDE + id]! - top - Math.log(sum);
    logprobs.u32[at + 1] = alternatives;
    for (let i = 0; i < alternatives; i++) {
      logprobs.u32[at + 2 + 2 * i] = best[2 * i + 1]!;
      logprobs.f32[at + 3 + 2 * i] = logitOf(best[2 * i]!) - top - Math.log(sum);
    }
  }
}
