/** Which page runs which checkpoint, fetched when one is opened: a first visit gets no other architecture than Llama's. */
import { configObject } from './config';
import { llama } from './llama';
import type { ModelPage } from './page';

/** @throws HearthError `unsupported-model` naming the architecture and those known. */
export async function loadPage(configJson: unknown): Promise<ModelPage> {
  if (configObject(configJson)['model_type'] === 'llama') return llama;
  const { modelPage } = await import('./index');
  return modelPage(configJson);
}
