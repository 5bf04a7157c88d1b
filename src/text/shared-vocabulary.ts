/** Whether two models speak in the same tokens, so that one can guess ahead for the other: its ids are then the other's. */
import { HearthError } from '../lib/errors';
import type { TextModel } from './text-model';

/**
 * Asserts that both vocabularies have the same tokens under the same ids, special ones included.
 * @throws HearthError `bad-request` naming both sizes, or the first id under which they differ.
 */
export function assertSharedVocabulary(target: TextModel, draft: TextModel): void {
  const [ours, theirs] = [target.tokenizer, draft.tokenizer];
  if (ours.vocabSize !== theirs.vocabSize) {
    refuse(`The draft model has ${theirs.vocabSize} tokens, and the model it is to guess for has ${ours.vocabSize}`);
  }
  for (let id = 0; id < ours.vocabSize; id++) {
    const isSpecial = ours.specialTokenIds.has(id);
    if (ours.tokenText(id) === theirs.tokenText(id) && isSpecial === theirs.specialTokenIds.has(id)) continue;
    const [expected, found] = [describe(target, id), describe(draft, id)];
    refuse(`Token ${id} of the draft model is ${found}, and of the model it is to guess for ${expected}`);
  }
}

/** `"Ġdog"`, `the special token "<|end|>"`; no token where a vocabulary has a gap. */
function describe({ tokenizer }: TextModel, id: number): string {
  const text = tokenizer.tokenText(id);
  if (text === undefined) return 'no token';
  return `${tokenizer.specialTokenIds.has(id) ? 'the special token ' : ''}${JSON.stringify(text)}`;
}

function refuse(difference: string): never {
  throw new HearthError('bad-request', `${difference}; expected the same vocabulary.`, {
    hint: 'Choose a draft model of the same family, or load the model without one.',
  });
}
