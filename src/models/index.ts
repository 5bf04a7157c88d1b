/** Which page reads which checkpoint. */
import { HearthError } from '../lib/errors';
import { configObject } from './config';
import { llama } from './llama';
import type { ModelPage } from './page';

/** By `model_type` of config.json. */
const PAGES: Readonly<Record<string, ModelPage>> = { llama };

/** The page for a checkpoint. @throws HearthError `unsupported-model` naming the architecture and those known. */
export function modelPage(configJson: unknown): ModelPage {
  const type = configObject(configJson)['model_type'];
  const page = typeof type === 'string' && Object.hasOwn(PAGES, type) ? PAGES[type] : undefined;
  if (page) return page;
  throw new HearthError(
    'unsupported-model',
    `The model's architecture is ${JSON.stringify(type) ?? 'not named'}; known are: ${Object.keys(PAGES).join(', ')}.`,
  );
}
