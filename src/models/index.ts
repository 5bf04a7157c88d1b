/** Which page runs which checkpoint. */
import { gemma2 } from './gemma2';
import { gemma3 } from './gemma3';
import { granite } from './granite';
import { llama } from './llama';
import { mistral } from './mistral';
import { olmo2 } from './olmo2';
import { phi3 } from './phi3';
import { qwen2 } from './qwen2';
import { qwen3 } from './qwen3';
import { smolLm3 } from './smollm3';
import { pick } from './layouts';
import type { ModelPage } from './page';

/** By `model_type` of config.json. */
const PAGES: Readonly<Record<string, ModelPage>> = {
  llama,
  mistral,
  qwen2,
  qwen3,
  gemma2,
  gemma3_text: gemma3,
  gemma3: gemma3,
  phi3,
  smollm3: smolLm3,
  granite,
  olmo2,
};

/** The page for a checkpoint. @throws HearthError `unsupported-model` naming the architecture and those known. */
export function modelPage(configJson: unknown): ModelPage {
  return pick(PAGES, configJson);
}
