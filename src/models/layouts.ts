/** Which layout describes which checkpoint: what the import thread needs, which runs no kernel. */
import { HearthError } from '../lib/errors';
import { configObject } from './config';
import { gemma2Layout } from './gemma2-layout';
import { gemma3Layout } from './gemma3-layout';
import { graniteLayout } from './granite-layout';
import { llamaLayout } from './llama-layout';
import { mistralLayout } from './mistral-layout';
import { olmo2Layout } from './olmo2-layout';
import { phi3Layout } from './phi3-layout';
import { qwen2Layout } from './qwen2-layout';
import { qwen3Layout } from './qwen3-layout';
import { smolLm3Layout } from './smollm3-layout';
import type { ModelLayout } from './page';

/** By `model_type` of config.json. */
const LAYOUTS: Readonly<Record<string, ModelLayout>> = {
  llama: llamaLayout,
  mistral: mistralLayout,
  qwen2: qwen2Layout,
  qwen3: qwen3Layout,
  gemma2: gemma2Layout,
  gemma3_text: gemma3Layout,
  gemma3: gemma3Layout,
  phi3: phi3Layout,
  smollm3: smolLm3Layout,
  granite: graniteLayout,
  olmo2: olmo2Layout,
};

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
