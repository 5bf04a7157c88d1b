/**
 * What @huggingface/tokenizers 0.2.0 accepts but splits differently from the Rust reference. Steps that can be spelled so that
 * it does the same are respelled: it knows ASCII digits and words only, leaves "▁"-words together, and takes U+FEFF for a
 * space. Its `Split` treats every behaviour but `Removed` as `Isolated` and its `Punctuation` treats all as `Contiguous`: ids
 * that are quietly wrong are worse than a refusal, so these are refused. Delete this file when the library does as the reference.
 */
import { HearthError } from '../lib/errors';
import { isObject, type JsonObject } from './checkpoint-texts';

/** Throws `unsupported-model` for a tokenizer.json whose pre-tokenizer the library would split wrongly. */
export function refuseWrongSplits(tokenizerJson: JsonObject): void {
  const replaced = new Set(
    steps(tokenizerJson['normalizer'], 'normalizers')
      .filter((step) => step['type'] === 'Replace')
      .map((step) => patternString(step)),
  );
  for (const step of steps(tokenizerJson['pre_tokenizer'], 'pretokenizers')) {
    const behavior = typeof step['behavior'] === 'string' ? step['behavior'] : 'Isolated';
    if (step['type'] === 'Punctuation' && behavior !== 'Contiguous') refuse(`Punctuation with behavior "${behavior}"`);
    if (step['type'] !== 'Split') continue;
    // Gemma splits at " " after its normalizer has replaced every " ": a step that never does anything.
    if (patternString(step) !== null && replaced.has(patternString(step))) continue;
    const expected = step['invert'] === true ? ['Removed'] : ['Removed', 'Isolated'];
    if (!expected.includes(behavior)) {
      refuse(`Split with behavior "${behavior}"${step['invert'] === true ? ', inverted' : ''}`);
    }
  }
}

/** What GPT-2 splits by; in an expression of `Split` the library reads \s as Unicode does. */
const GPT2_WORDS = "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+";

/** The pre-tokenizer in steps that the library does as the reference does. */
export function respelledPreTokenizer(step: unknown): unknown {
  if (!isObject(step)) return step ?? null;
  switch (step['type']) {
    case 'Sequence': {
      const parts = step['pretokenizers'];
      return { ...step, pretokenizers: Array.isArray(parts) ? parts.map(respelledPreTokenizer) : parts };
    }
    case 'Digits':
      return split(step['individual_digits'] === true ? '\\p{N}' : '\\p{N}+');
    case 'Whitespace':
      return { ...split('\\w+|[^\\w\\s]+'), behavior: 'Removed', invert: true };
    case 'ByteLevel':
      if (step['use_regex'] === false || step['add_prefix_space'] === true) return step;
      return sequence(split(GPT2_WORDS), { ...step, use_regex: false });
    case 'Metaspace': {
      const prepend_scheme = step['prepend_scheme'] ?? (step['add_prefix_space'] === false ? 'never' : 'always');
      const metaspace = { ...step, prepend_scheme };
      if (step['split'] === false) return metaspace;
      const space = typeof step['replacement'] === 'string' ? escapeForRegex(step['replacement']) : '▁';
      return sequence(metaspace, split(`${space}(?:(?!${space})[\\s\\S])*|(?:(?!${space})[\\s\\S])+`));
    }
    default:
      return step;
  }
}

const sequence = (...pretokenizers: JsonObject[]) => ({ type: 'Sequence', pretokenizers });

const split = (Regex: string) => ({ type: 'Split', pattern: { Regex }, behavior: 'Isolated', invert: false });

function escapeForRegex(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
}

/** A component and, where it is a sequence, its parts at any depth. */
function steps(component: unknown, partsKey: string): JsonObject[] {
  if (!isObject(component)) return [];
  if (component['type'] !== 'Sequence') return [component];
  const parts = component[partsKey];
  return Array.isArray(parts) ? parts.flatMap((part) => steps(part, partsKey)) : [];
}

function patternString(step: JsonObject): string | null {
  const pattern = step['pattern'];
  return isObject(pattern) && typeof pattern['String'] === 'string' ? pattern['String'] : null;
}

function refuse(found: string): never {
  throw new HearthError(
    'unsupported-model',
    `tokenizer.json has the pre-tokenizer ${found}; expected Split with Isolated or Removed, or contiguous Punctuation.`,
  );
}
