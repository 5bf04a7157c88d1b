/**
 * The judge of the kernels that draw (kernels/sampling.ts): from one row of logits to one token, in plain loops and f64, for
 * tests alone. The order is fixed: penalties, bias, temperature, top-k, top-p, min-p, draw.
 *
 * Two ideas keep it small. First, with the candidates in order of probability each filter keeps a prefix: the k
 * likeliest, the fewest that reach p, those not too far below the first. So the filters together are one walk down a
 * heap that ends with the shortest prefix; nothing is sorted beyond it. Second, the draw is an exponential race: each
 * candidate waits for -log(1 - u) / probability with a random number u of its own (`kernels/shared/random.cpu.ts`), and the shortest wait
 * wins, which happens with exactly its probability. No candidate's u depends on the others or on their order, so a GPU
 * draws the same token.
 *
 * Ties go to the lowest id throughout.
 */
import { tokenUniform } from '../../kernels/shared/random.cpu';
import { HearthError } from '../../lib/errors';
import { invariant } from '../../lib/invariant';
import type { IdLogprobs } from '../logprobs';
import type { SamplingSettings } from '../options';

/** The ids before the token being chosen. */
export interface TokenHistory {
  readonly promptIds: ArrayLike<number>;
  readonly answerIds: ArrayLike<number>;
}

/** Holds scratch for one row, made once per vocabulary: choosing a token allocates nothing. */
export class CpuSampler {
  readonly #scores: Float64Array; // [vocabSize] logits, then after penalties and bias
  readonly #weights: Float64Array; // [vocabSize] probability over that of the likeliest, after temperature
  readonly #seen: Uint8Array; // [vocabSize] all zero between uses
  /** [vocabSize] ids: a heap in front, likeliest first, and behind it those taken off, likeliest last. */
  readonly #ranking: Uint32Array;
  #heapSize = 0;

  constructor(vocabSize: number) {
    this.#scores = new Float64Array(vocabSize);
    this.#weights = new Float64Array(vocabSize);
    this.#seen = new Uint8Array(vocabSize);
    this.#ranking = new Uint32Array(vocabSize);
  }

  /**
   * Chooses the next token. The position that keys the random numbers is the number of ids in the history.
   * @param logits [vocabSize], left as they are.
   * @throws HearthError `internal` naming the token whose logit is not finite.
   */
  sample(logits: Float32Array, settings: SamplingSettings, history: TokenHistory): number {
    this.#readLogits(logits);
    this.#penalizeRepetition(settings.repetitionPenalty, history);
    this.#penalizeAnswer(settings.frequencyPenalty, settings.presencePenalty, history.answerIds);
    for (const [tokenId, bias] of settings.logitBias) this.#scores[tokenId]! += bias;

    const likeliest = this.#likeliest();
    if (settings.temperature === 0) return likeliest;
    this.#computeWeights(settings.temperature, this.#scores[likeliest]!);
    const kept = this.#keepLikeliest(settings);
    return this.#race(kept, settings.seed, history.promptIds.length + history.answerIds.length);
  }

  #readLogits(logits: Float32Array): void {
    invariant(logits.length === this.#scores.length, `${logits.length} logits for ${this.#scores.length} tokens`);
    for (let id = 0; id < logits.length; id++) {
      const logit = logits[id]!;
      if (!Number.isFinite(logit)) {
        throw new HearthError('internal', `The logit of token ${id} is ${logit}; expected a finite number.`);
      }
      this.#scores[id] = logit;
    }
  }

  /** Every token of the prompt or the answer, once: positive scores are divided, the others multiplied. */
  #penalizeRepetition(penalty: number, { promptIds, answerIds }: TokenHistory): void {
    if (penalty === 1) return;
    for (let i = 0; i < promptIds.length + answerIds.length; i++) {
      const id = i < promptIds.length ? promptIds[i]! : answerIds[i - promptIds.length]!;
      if (this.#seen[id] === 1) continue;
      this.#seen[id] = 1;
      const score = this.#scores[id]!;
      this.#scores[id] = score > 0 ? score / penalty : score * penalty;
    }
    this.#forget(promptIds);
    this.#forget(answerIds);
  }

  /** Tokens of the answer: `frequency` off for each occurrence, `presence` off for the first. */
  #penalizeAnswer(frequency: number, presence: number, answerIds: ArrayLike<number>): void {
    if (frequency === 0 && presence === 0) return;
    for (let i = 0; i < answerIds.length; i++) {
      const id = answerIds[i]!;
      this.#scores[id]! -= this.#seen[id] === 1 ? frequency : frequency + presence;
      this.#seen[id] = 1;
    }
    this.#forget(answerIds);
  }

  #forget(ids: ArrayLike<number>): void {
    for (let i = 0; i < ids.length; i++) this.#seen[ids[i]!] = 0;
  }

  #likeliest(): number {
    let best = 0;
    for (let id = 1; id < this.#scores.length; id++) {
      if (this.#scores[id]! > this.#scores[best]!) best = id;
    }
    return best;
  }

  /** exp((score - max) / temperature): 1 for the likeliest, and no temperature can overflow it. */
  #computeWeights(temperature: number, maxScore: number): void {
    for (let id = 0; id < this.#scores.length; id++) {
      this.#weights[id] = Math.exp((this.#scores[id]! - maxScore) / temperature);
    }
  }

  /** How many tokens pass all filters; they are then the last ones of the ranking. */
  #keepLikeliest({ topK, topP, minP }: SamplingSettings): number {
    const vocabSize = this.#ranking.length;
    const limit = topK === 0 ? vocabSize : Math.min(topK, vocabSize);
    for (let id = 0; id < vocabSize; id++) this.#ranking[id] = id;
    if (limit === vocabSize && topP === 1 && minP === 0) return vocabSize;
    this.#buildHeap();

    const wanted = topP === 1 ? Infinity : topP * this.#massOfLikeliest(limit);
    let kept = 0;
    for (let mass = 0; kept < limit && mass < wanted; kept++) {
      const weight = this.#weights[this.#ranked(kept)]!;
      if (weight < minP) break; // the likeliest has weight 1, so one is always kept
      mass += weight;
    }
    return kept;
  }

  #massOfLikeliest(count: number): number {
    let mass = 0;
    if (count === this.#weights.length) {
      for (const weight of this.#weights) mass += weight;
    } else {
      for (let rank = 0; rank < count; rank++) mass += this.#weights[this.#ranked(rank)]!;
    }
    return mass;
  }

  /** The winner of the race among the last `count` ids of the ranking. */
  #race(count: number, seed: number, position: number): number {
    let winner = -1;
    let shortestWait = Infinity;
    for (let i = this.#ranking.length - 1; i >= this.#ranking.length - count; i--) {
      const id = this.#ranking[i]!;
      const weight = this.#weights[id]!;
      if (weight === 0) continue; // too unlikely for a number; the likeliest has weight 1
      const wait = -Math.log1p(-tokenUniform(seed, position, id)) / weight;
      if (wait < shortestWait || (wait === shortestWait && id < winner)) {
        winner = id;
        shortestWait = wait;
      }
    }
    return winner;
  }

  /** The id of that rank, 0 being the likeliest; ranks are found in order and stay found. */
  #ranked(rank: number): number {
    const ranking = this.#ranking;
    while (ranking.length - this.#heapSize <= rank) {
      const last = --this.#heapSize;
      const top = ranking[0]!;
      ranking[0] = ranking[last]!;
      ranking[last] = top;
      this.#siftDown(0);
    }
    return ranking[ranking.length - 1 - rank]!;
  }

  #buildHeap(): void {
    this.#heapSize = this.#ranking.length;
    for (let i = (this.#heapSize >> 1) - 1; i >= 0; i--) this.#siftDown(i);
  }

  #siftDown(start: number): void {
    const ranking = this.#ranking;
    const id = ranking[start]!;
    let hole = start;
    for (;;) {
      let child = 2 * hole + 1;
      if (child >= this.#heapSize) break;
      if (child + 1 < this.#heapSize && this.#ranksBefore(ranking[child + 1]!, ranking[child]!)) child++;
      if (this.#ranksBefore(id, ranking[child]!)) break;
      ranking[hole] = ranking[child]!;
      hole = child;
    }
    ranking[hole] = id;
  }

  #ranksBefore(a: number, b: number): boolean {
    const difference = this.#scores[a]! - this.#scores[b]!;
    return difference > 0 || (difference === 0 && a < b);
  }
}

/**
 * The model's own log probabilities of a token and of the likeliest ones, likeliest first; ties go to the lowest id.
 * @param logits [vocabSize], left as they are.
 * @param count how many of the likeliest, at most vocabSize of them.
 */
export function tokenLogProbabilities(logits: Float32Array, tokenId: number, count: number): IdLogprobs {
  const top: number[] = []; // ids, likeliest first
  for (let id = 0; id < logits.length && count > 0; id++) {
    if (top.length === count && logits[id]! <= logits[top.at(-1)!]!) continue;
    if (top.length === count) top.pop();
    let place = top.length;
    while (place > 0 && logits[top[place - 1]!]! < logits[id]!) place--;
    top.splice(place, 0, id);
  }
  const normalizer = logSumExp(logits);
  const logprobOf = (id: number) => logits[id]! - normalizer;
  return { id: tokenId, logprob: logprobOf(tokenId), top: top.map((id) => ({ id, logprob: logprobOf(id) })) };
}

/** The natural logarithm of the model's own probability of a token: before penalties, bias and temperature. */
export function logProbability(logits: Float32Array, tokenId: number): number {
  return logits[tokenId]! - logSumExp(logits);
}

function logSumExp(logits: Float32Array): number {
  let max = -Infinity;
  for (const logit of logits) max = Math.max(max, logit);
  let sum = 0;
  for (const logit of logits) sum += Math.exp(logit - max);
  return max + Math.log(sum);
}
