/**
 * Tokenizers and templates are a third of the engine's script and wanted only with a model, so they are fetched when one is
 * loaded, and a page without one is there sooner.
 */
export const loadWords = () => import('./words');
