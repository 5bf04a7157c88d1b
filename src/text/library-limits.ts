/**
 * What @huggingface/tokenizers 0.2.0 accepts but splits differently from the Rust reference: its `Split` treats every
 * behaviour but `Removed` as `Isolated` and its `Punctuation` treats all as `Contiguous`. Ids that are quietly wrong are
 * worse than a refusal, so those tokenizers are refused here. Delete this file when the library knows all behaviours.
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
