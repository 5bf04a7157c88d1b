/** Which layout describes which checkpoint, fetched when one is opened, as in load-page.ts. */
import { configObject } from './config';
import { llamaLayout } from './llama-layout';
import type { ModelLayout } from './page';

/** @throws HearthError `unsupported-model` naming the architecture and those known. */
export async function loadLayout(configJson: unknown): Promise<ModelLayout> {
  if (configObject(configJson)['model_type'] === 'llama') return llamaLayout;
  const { modelLayout } = await import('./layouts');
  return modelLayout(configJson);
}
