/** What the device is told of a sequence when it is admitted: the words of its slot, its tokens, what it has seen, its biases. */
import { IN_PROMPT, MAX_BIASES, MAX_STOP_IDS, SLOT_WORDS, SlotWord } from '../kernels/shared/slot-state';
import { HearthError } from '../lib/errors';
import type { SamplingSettings } from './options';
import type { SequenceTraits } from './sequence';

export interface SlotContent {
  /** All tokens known: the prompt and, for a sequence that comes again, its answer so far. */
  readonly ids: readonly number[];
  readonly promptLength: number;
  /** Length at which the answer ends. */
  readonly limit: number;
  readonly settings: SamplingSettings;
  /** The first MAX_STOP_IDS of them end the sequence on the device; the host knows all. */
  readonly stopIds: ReadonlySet<number>;
  /** Alternatives whose log-probability is wanted; null for none at all. */
  readonly logprobs: number | null;
}

/** The words of a slot; see slot-state.ts. */
export function slotWords(content: SlotContent): Uint32Array<ArrayBuffer> {
  const { settings } = content;
  const words = new Uint32Array(SLOT_WORDS);
  const floats = new Float32Array(words.buffer);
  words[SlotWord.length] = content.ids.length;
  words[SlotWord.promptLength] = content.promptLength;
  words[SlotWord.limit] = content.limit;
  words[SlotWord.seedLow] = settings.seed >>> 0; // `>>>` takes the value modulo 2^32
  words[SlotWord.seedHigh] = Math.floor(settings.seed / 2 ** 32);
  floats[SlotWord.temperature] = settings.temperature;
  words[SlotWord.topK] = settings.topK;
  floats[SlotWord.topP] = settings.topP;
  floats[SlotWord.minP] = settings.minP;
  floats[SlotWord.repetitionPenalty] = settings.repetitionPenalty;
  floats[SlotWord.frequencyPenalty] = settings.frequencyPenalty;
  floats[SlotWord.presencePenalty] = settings.presencePenalty;
  words[SlotWord.biasCount] = settings.logitBias.length;
  const stopIds = [...content.stopIds].slice(0, MAX_STOP_IDS);
  words[SlotWord.stopCount] = stopIds.length;
  words.set(stopIds, SlotWord.stopIds);
  words[SlotWord.logprobs] = content.logprobs === null ? 0 : content.logprobs + 1;
  return words;
}

/** Whether the logits of a request are changed before a token is drawn. */
export function wantsPenalties({
  repetitionPenalty,
  frequencyPenalty,
  presencePenalty,
  logitBias,
}: SamplingSettings): boolean {
  return repetitionPenalty !== 1 || frequencyPenalty !== 0 || presencePenalty !== 0 || logitBias.length > 0;
}

/** Whether a request draws from fewer tokens than all. */
export function wantsFilters({ temperature, topK, topP }: SamplingSettings): boolean {
  return temperature > 0 && (topK > 0 || topP < 1);
}

/** Whether the likeliest token of the model's own logits is all that a sequence wants. */
export function wantsLikeliest({ settings, logprobs, grammar }: SequenceTraits): boolean {
  return settings.temperature === 0 && !wantsPenalties(settings) && logprobs === null && grammar === null;
}

/** What a sequence has seen: [vocabSize], see IN_PROMPT. */
export function tokenCounts({ ids, promptLength }: SlotContent, vocabSize: number): Uint32Array<ArrayBuffer> {
  const counts = new Uint32Array(vocabSize);
  for (let i = 0; i < promptLength; i++) counts[ids[i]!] = IN_PROMPT;
  for (let i = promptLength; i < ids.length; i++) counts[ids[i]!]!++;
  return counts;
}

/**
 * Pairs of token id and bias.
 * @throws HearthError `bad-request` for more of them than a slot has room for.
 */
export function biasPairs(settings: SamplingSettings): Uint32Array<ArrayBuffer> {
  const { logitBias } = settings;
  if (logitBias.length > MAX_BIASES) {
    throw new HearthError(
      'bad-request',
      `logitBias names ${logitBias.length} tokens; at most ${MAX_BIASES} are possible.`,
    );
  }
  const words = new Uint32Array(2 * logitBias.length);
  const floats = new Float32Array(words.buffer);
  logitBias.forEach(([id, bias], i) => {
    words[2 * i] = id;
    floats[2 * i + 1] = bias;
  });
  return words;
}
