/**
 * The page of a checkpoint, fetched when its architecture is asked for: the one of the model that comes with the site is at
 * hand, all others lie in a script of their own.
 */
import { configObject } from './config';
import { llama } from './llama';
import type { ModelPage } from './page';

/** @throws HearthError as `modelPage`. */
export async function loadPage(configJson: unknown): Promise<ModelPage> {
  if (configObject(configJson)['model_type'] === 'llama') return llama;
  const { modelPage } = await import('./index');
  return modelPage(configJson);
}
