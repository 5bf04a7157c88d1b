/** How much context a person has chosen for each model, kept for the next visit. */
import * as v from 'valibot';
import { readKept, writeKept } from './kept';

/** Beginning with "hearth." like all keys of ours, so that export and deletion find it. */
export const CONTEXTS_KEY = 'hearth.contexts';

/** Tokens by model id; models without a choice are absent. */
export type ContextLengths = Readonly<Record<string, number>>;

export function readContextLengths(storage: Pick<Storage, 'getItem'> | null): ContextLengths {
  return readKept(storage, CONTEXTS_KEY, v.pipe(v.number(), v.safeInteger(), v.minValue(1)));
}

export function writeContextLengths(storage: Pick<Storage, 'setItem'> | null, lengths: ContextLengths): void {
  writeKept(storage, CONTEXTS_KEY, lengths);
}
