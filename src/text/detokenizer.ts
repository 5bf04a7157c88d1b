/**
 * From token ids to bytes. Think of a text as the bytes of its tokens one after another; all that a `decoder` of
 * tokenizer.json can say about a language model's tokens is (a) which bytes a token stands for and (b) how many spaces
 * are dropped from the very beginning, because encoding put them there. Bytes become characters in `stream-decoder.ts`.
 *
 * Two families exist. Byte-level BPE (GPT-2, Llama 3, Qwen) writes each byte as one printable character. SentencePiece
 * (Llama 2, Gemma, Phi-3) writes "▁" for a space and falls back to tokens like `<0xE2>` for bytes outside its vocabulary.
 */
import { HearthError } from '../lib/errors';
import { byteLevelBytes } from './byte-level';
import { isObject, type JsonObject } from './checkpoint-texts';

export interface Detokenizer {
  /** UTF-8 bytes the token stands for (a character may be spread over several tokens); empty for unknown ids. */
  bytesOf(id: number): Uint8Array;
  /** Control tokens such as end-of-turn: left out of what a person reads. */
  isSpecial(id: number): boolean;
  /** At most this many spaces are dropped where a text begins. */
  readonly leadingSpaces: number;
}

/** What the detokenizer asks of a vocabulary. */
export interface DetokenizerVocabulary {
  tokenText(id: number): string | undefined;
  /** Added tokens stand for their own text, whatever the decoder. */
  isAdded(id: number): boolean;
  isSpecial(id: number): boolean;
}

/**
 * Reads the `decoder` of a tokenizer.json.
 * @throws HearthError `unsupported-model` for decoders of other families (WordPiece, CTC) and unknown steps.
 */
export function createDetokenizer(decoder: unknown, vocabulary: DetokenizerVocabulary): Detokenizer {
  const rules = readDecoder(decoder);
  const bytesById: Uint8Array[] = []; // sparse: filled as tokens are first met

  const computeBytes = (id: number): Uint8Array => {
    const token = vocabulary.tokenText(id);
    if (token === undefined) return NO_BYTES;
    if (rules.byteLevel) return (vocabulary.isAdded(id) ? null : byteLevelBytes(token)) ?? utf8.encode(token);
    const text = rules.replacements.reduce((text, [from, to]) => text.replaceAll(from, to), token);
    const byte = rules.byteFallback ? BYTE_TOKEN.exec(text)?.[1] : undefined;
    return byte === undefined ? utf8.encode(text) : Uint8Array.of(Number.parseInt(byte, 16));
  };

  return {
    bytesOf: (id) => (bytesById[id] ??= computeBytes(id)),
    isSpecial: (id) => vocabulary.isSpecial(id),
    leadingSpaces: rules.leadingSpaces,
  };
}

interface DecoderRules {
  byteLevel: boolean;
  byteFallback: boolean;
  replacements: [from: string, to: string][];
  leadingSpaces: number;
}

function readDecoder(decoder: unknown): DecoderRules {
  const rules: DecoderRules = { byteLevel: false, byteFallback: false, replacements: [], leadingSpaces: 0 };
  let fused = false; // after Fuse, a step sees the whole text instead of single tokens
  for (const step of decoderSteps(decoder)) {
    switch (step['type']) {
      case 'ByteLevel':
        rules.byteLevel = true;
        break;
      case 'ByteFallback':
        rules.byteFallback = true;
        break;
      case 'Fuse':
        fused = true;
        break;
      case 'Replace': {
        const from = isObject(step['pattern']) ? step['pattern']['String'] : undefined;
        if (typeof from !== 'string' || typeof step['content'] !== 'string' || fused) refuse(step);
        rules.replacements.push([from, step['content']]);
        break;
      }
      case 'Strip': {
        const start = Number(step['start'] ?? 0);
        if (step['content'] !== ' ' || Number(step['stop'] ?? 0) !== 0 || (start > 0 && !fused)) refuse(step);
        rules.leadingSpaces = start;
        break;
      }
      case 'Metaspace':
        rules.replacements.push([typeof step['replacement'] === 'string' ? step['replacement'] : '▁', ' ']);
        rules.leadingSpaces = step['prepend_scheme'] === 'never' || step['add_prefix_space'] === false ? 0 : 1;
        break;
      default:
        refuse(step);
    }
  }
  return rules;
}

function decoderSteps(decoder: unknown): JsonObject[] {
  if (!isObject(decoder)) refuse({ type: decoder });
  const steps = decoder['type'] === 'Sequence' ? decoder['decoders'] : [decoder];
  if (!Array.isArray(steps) || !steps.every(isObject)) refuse(decoder);
  return steps;
}

function refuse(step: JsonObject): never {
  throw new HearthError(
    'unsupported-model',
    `tokenizer.json has the decoder step ${JSON.stringify(step)}; expected ByteLevel, Metaspace, or the SentencePiece ` +
      `sequence of Replace, ByteFallback, Fuse and Strip (of leading spaces).`,
  );
}

const utf8 = new TextEncoder();
const NO_BYTES = new Uint8Array(0);
const BYTE_TOKEN = /^<0x([0-9A-Fa-f]{2})>$/;
