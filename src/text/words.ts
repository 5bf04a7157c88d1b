/** What reads and writes the words of a model: one script, which a model is loaded together with (load-words.ts). */
export { assertSharedVocabulary } from './shared-vocabulary';
export { createTextModel } from './text-model';
export { assertVocabularyFits } from './tokenizer';
