/** Which layout describes which checkpoint: what the import thread needs, which runs no kernel. */
import { HearthError } from '../lib/errors';
import { configObject } from './config';
import { llamaLayout } from './llama-layout';
import type { ModelLayout } from './page';

/** By `model_type` of config.json. */
const LAYOUTS: Readonly<Record<string, ModelLayout>> = { llama: llamaLayout };

/** The layout of a checkpoint. @throws HearthError `unsupported-model` naming the architecture and those known. */
export function modelLayout(configJson: unknown): ModelLayout {
  return pick(LAYOUTS, configJson);
}

/** The entry of a checkpoint's architecture. @throws as `modelLayout`. */
export function pick<Entry>(entries: Readonly<Record<string, Entry>>, configJson: unknown): Entry {
  const type = configObject(configJson)['model_type'];
  const entry = typeof type === 'string' && Object.hasOwn(entries, type) ? entries[type] : undefined;
  if (entry) return entry;
  throw new HearthError(
    'unsupported-model',
    `The model's architecture is ${JSON.stringify(type) ?? 'not named'}; known are: ${Object.keys(entries).join(', ')}.`,
  );
}
