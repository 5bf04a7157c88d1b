/** The layout of a checkpoint, fetched when its architecture is asked for; see load-page.ts. */
import { configObject } from './config';
import { llamaLayout } from './llama-layout';
import type { ModelLayout } from './page';

/** @throws HearthError as `modelLayout`. */
export async function loadLayout(configJson: unknown): Promise<ModelLayout> {
  if (configObject(configJson)['model_type'] === 'llama') return llamaLayout;
  const { modelLayout } = await import('./layouts');
  return modelLayout(configJson);
}
