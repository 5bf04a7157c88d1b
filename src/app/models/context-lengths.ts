/** How much context a person has chosen for each model, kept for the next visit. */
import * as v from 'valibot';

/** Beginning with "hearth." like all keys of ours, so that export and deletion find it. */
export const CONTEXTS_KEY = 'hearth.contexts';

const schema = v.record(v.string(), v.pipe(v.number(), v.safeInteger(), v.minValue(1)));

/** Tokens by model id; models without a choice are absent. */
export type ContextLengths = v.InferOutput<typeof schema>;

export function readContextLengths(storage: Pick<Storage, 'getItem'> | null): ContextLengths {
  try {
    return v.parse(schema, JSON.parse(storage?.getItem(CONTEXTS_KEY) ?? '{}'));
  } catch {
    return {};
  }
}

/** A full or forbidden storage keeps nothing, and the page goes on. */
export function writeContextLengths(storage: Pick<Storage, 'setItem'> | null, lengths: ContextLengths): void {
  try {
    storage?.setItem(CONTEXTS_KEY, JSON.stringify(lengths));
  } catch {
    // the choice holds until the tab is closed
  }
}
