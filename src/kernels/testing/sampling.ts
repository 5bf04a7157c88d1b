/**
 * Sampling as a whole on any backend, for tests: requests in, tokens out, and what the tokens should be. The buffers are
 * filled as the decode loop fills them.
 */
import { CpuSampler } from '../../engine/testing/sampler';
import type { SamplingSettings } from '../../engine/options';
import type { Backend, DeviceBuffer } from '../../gpu/backend';
import { Recorder } from '../../gpu/recorder';
import { roundUp } from '../../lib/shapes';
import { recordSampling } from '../sampling';
import type { SamplingBuffers } from '../sampling';
import { samplingScratch } from '../sampling-scratch';
import type { SamplingScratch } from '../sampling-scratch';
import { maskWords } from '../shared/mask-words';
import { DEAD_ROW, IN_PROMPT, LOGPROB_WORDS, MAX_BIASES, SLOT_WORDS, SlotWord } from '../shared/slot-state';

export interface SamplingRequest {
  readonly logits: Float32Array;
  readonly settings: SamplingSettings;
  readonly promptIds: readonly number[];
  readonly answerIds: readonly number[];
  /** Ids behind the answer that the row follows though nobody has accepted them yet. */
  readonly draftedIds?: readonly number[];
  /** The ids that a grammar allows; all of them if absent. */
  readonly allowedIds?: readonly number[];
  readonly isDead?: boolean;
  /** Alternatives whose log-probability is wanted, plus one. */
  readonly logprobs?: number;
}

/** Plain sampling at temperature 1; tests say what differs. */
export const PLAIN: SamplingSettings = {
  temperature: 1,
  topK: 0,
  topP: 1,
  minP: 0,
  repetitionPenalty: 1,
  frequencyPenalty: 0,
  presencePenalty: 0,
  logitBias: [],
  seed: 0,
};

/** The buffers of sampling for one vocabulary; every run fills them anew. */
export class SamplingBench {
  readonly #stride: number;
  readonly #buffers: SamplingBuffers;

  constructor(
    readonly backend: Backend,
    readonly vocabSize: number,
    readonly maxOutputs: number,
    readonly tokensStride = 64,
  ) {
    const create = (label: string, words: number): DeviceBuffer => backend.createBuffer(label, 4 * words);
    const slots = maxOutputs + 1;
    this.#stride = roundUp(vocabSize, 32);
    const scratch = Object.fromEntries(
      Object.entries(samplingScratch({ vocabSize, logitStride: this.#stride })).map(([name, bytes]) => {
        return [name, backend.createBuffer(name, bytes * maxOutputs)];
      }),
    ) as Record<SamplingScratch, DeviceBuffer>;
    this.#buffers = {
      logits: create('logits', maxOutputs * this.#stride),
      ranks: create('ranks', 0), // the logits are what is drawn from
      rows: create('rows', 4 * 2 * maxOutputs),
      picked: create('picked', maxOutputs),
      slots: create('slots', slots * SLOT_WORDS),
      tokens: create('tokens', slots * tokensStride),
      counts: create('counts', slots * vocabSize),
      biases: create('biases', slots * MAX_BIASES * 2),
      masks: create('masks', maxOutputs * maskWords(vocabSize)),
      chosen: create('chosen', maxOutputs),
      logprobs: create('logprobs', maxOutputs * LOGPROB_WORDS),
      scratch,
    };
  }

  /** Draws a token for each request, in one batch. */
  async run(requests: readonly SamplingRequest[]) {
    const has = (test: (settings: SamplingSettings) => boolean) => requests.some(({ settings }) => test(settings));
    this.#fill(requests);
    const recorder = new Recorder();
    recordSampling(recorder, this.#buffers, {
      outputs: requests.length,
      vocabSize: this.vocabSize,
      logitStride: this.#stride,
      greedy: false,
      rankStride: 0,
      tokensStride: this.tokensStride,
      penalties: has((s) => {
        const penalized = s.repetitionPenalty !== 1 || s.frequencyPenalty !== 0 || s.presencePenalty !== 0;
        return penalized || s.logitBias.length > 0;
      }),
      masked: requests.some(({ allowedIds }) => allowedIds !== undefined),
      filters: has((s) => s.topK > 0 || s.topP < 1),
      logprobs: requests.some(({ logprobs = 0 }) => logprobs > 0),
    });
    await this.backend.run(await this.backend.prepare(recorder.finish()));
    const chosen = new Uint32Array(await this.backend.read(this.#buffers.chosen)).slice(0, requests.length);
    return { chosen, logprobs: await this.backend.read(this.#buffers.logprobs) };
  }

  /** The bytes of one of the buffers, as the last run left them. */
  read(name: SamplingScratch | 'logits'): Promise<ArrayBuffer> {
    const { scratch, logits } = this.#buffers;
    return this.backend.read(name === 'logits' ? logits : scratch[name]);
  }

  destroy(): void {
    const { scratch, ...others } = this.#buffers;
    for (const buffer of [...Object.values<DeviceBuffer>(scratch), ...Object.values<DeviceBuffer>(others)]) {
      buffer.destroy();
    }
  }

  #fill(requests: readonly SamplingRequest[]): void {
    const { vocabSize, tokensStride } = this;
    const logits = new Float32Array(requests.length * this.#stride);
    const rows = new Uint32Array(8 * requests.length);
    const picked = new Uint32Array(requests.length);
    const slots = new Uint32Array(requests.length * SLOT_WORDS);
    const floats = new Float32Array(slots.buffer);
    const tokens = new Uint32Array(requests.length * tokensStride);
    const counts = new Uint32Array(requests.length * vocabSize);
    const biases = new Uint32Array(requests.length * MAX_BIASES * 2);
    const biasFloats = new Float32Array(biases.buffer);
    const masks = new Uint32Array(requests.length * maskWords(vocabSize)).fill(0xffff_ffff);
    requests.forEach(({ settings, promptIds, answerIds, draftedIds = [], allowedIds, ...request }, i) => {
      const length = promptIds.length + answerIds.length;
      const slot = requests.length - 1 - i; // neither slots nor rows are in the order of the outputs
      const row = 2 * i + 1;
      picked[i] = row;
      logits.set(request.logits, i * this.#stride);
      rows.set([0, length + draftedIds.length - 1, slot, request.isDead ? DEAD_ROW : 0], 4 * row);
      tokens.set([...promptIds, ...answerIds, ...draftedIds].slice(0, tokensStride), slot * tokensStride);
      for (const id of answerIds) counts[slot * vocabSize + id]!++;
      for (const id of promptIds) counts[slot * vocabSize + id]! |= IN_PROMPT;
      settings.logitBias.forEach(([id, bias], k) => {
        biases[2 * (slot * MAX_BIASES + k)] = id;
        biasFloats[2 * (slot * MAX_BIASES + k) + 1] = bias;
      });
      if (allowedIds) {
        const mask = masks.subarray(i * maskWords(vocabSize), (i + 1) * maskWords(vocabSize)).fill(0);
        for (const id of allowedIds) mask[id >>> 5]! |= 1 << (id & 31);
      }
      const words = slot * SLOT_WORDS;
      slots[words + SlotWord.length] = length;
      slots[words + SlotWord.promptLength] = promptIds.length;
      slots[words + SlotWord.seedLow] = settings.seed >>> 0;
      slots[words + SlotWord.seedHigh] = Math.floor(settings.seed / 2 ** 32);
      floats[words + SlotWord.temperature] = settings.temperature;
      slots[words + SlotWord.topK] = settings.topK;
      floats[words + SlotWord.topP] = settings.topP;
      floats[words + SlotWord.minP] = settings.minP;
      floats[words + SlotWord.repetitionPenalty] = settings.repetitionPenalty;
      floats[words + SlotWord.frequencyPenalty] = settings.frequencyPenalty;
      floats[words + SlotWord.presencePenalty] = settings.presencePenalty;
      slots[words + SlotWord.biasCount] = settings.logitBias.length;
      slots[words + SlotWord.logprobs] = request.logprobs ?? 0;
    });
    const { backend } = this;
    const data = { logits, rows, picked, slots, tokens, counts, biases, masks };
    for (const [name, words] of Object.entries(data)) backend.write(this.#buffers[name as keyof typeof data], 0, words);
  }
}

/** What CpuSampler draws, on the settings as f32, which is what a slot holds. */
export class Reference {
  readonly #sampler: CpuSampler;

  constructor(vocabSize: number) {
    this.#sampler = new CpuSampler(vocabSize);
  }

  sample(request: SamplingRequest, changes: Partial<SamplingSettings> = {}): number {
    const { logits, settings, promptIds, answerIds, draftedIds = [] } = request;
    const rounded = Object.fromEntries(
      Object.entries(settings).map(([name, value]) => [
        name,
        typeof value === 'number' && name !== 'seed' ? Math.fround(value) : value,
      ]),
    ) as unknown as SamplingSettings;
    const history = { promptIds, answerIds: [...answerIds, ...draftedIds] };
    return this.#sampler.sample(logits, { ...rounded, ...changes }, history);
  }

  /**
   * Whether a token other than `sample`'s is what numbers of f32 may give: the one that is drawn when a setting moves by
   * `tolerance`, because two waits, or a token and the edge of a filter, lie that close.
   */
  explains(request: SamplingRequest, token: number, tolerance: number): boolean {
    const { temperature, topP, minP } = request.settings;
    return [-tolerance, tolerance].some((off) => {
      const moved: Partial<SamplingSettings>[] = [
        { temperature: temperature * (1 + off) },
        { topP: Math.min(1, topP * (1 + off)) },
        { minP: minP * (1 + off) },
      ];
      return moved.some((changes) => this.sample(request, changes) === token);
    });
  }
}

/** The probability of each token at some settings without penalties, 0 for those that the filters drop. */
export function exactDistribution(logits: Float32Array, settings: SamplingSettings): Float64Array {
  const ranked = Uint32Array.from(logits.keys()).sort((a, b) => logits[b]! - logits[a]! || a - b);
  const weights = Float64Array.from(ranked, (id) =>
    Math.exp((logits[id]! - logits[ranked[0]!]!) / settings.temperature),
  );
  const topK = settings.topK === 0 ? ranked.length : Math.min(settings.topK, ranked.length);
  const wanted = settings.topP * weights.subarray(0, topK).reduce((a, b) => a + b, 0);
  const probabilities = new Float64Array(logits.length);
  let mass = 0;
  for (let rank = 0; rank < topK && (mass < wanted || settings.topP === 1); rank++) {
    if (weights[rank]! < settings.minP) break;
    mass += weights[rank]!;
    probabilities[ranked[rank]!] = weights[rank]!;
  }
  return probabilities.map((weight) => weight / mass);
}

/** What chi-square with so many degrees of freedom exceeds once in 10⁵ times (Wilson and Hilferty 1931). */
export function chiSquareBound(degrees: number): number {
  const variance = 2 / (9 * degrees);
  return degrees * (1 - variance + 4.265 * Math.sqrt(variance)) ** 3;
}
