/** Which page runs which checkpoint. */
import { pick } from './layouts';
import { llama } from './llama';
import type { ModelPage } from './page';

/** By `model_type` of config.json. */
const PAGES: Readonly<Record<string, ModelPage>> = { llama };

/** The page for a checkpoint. @throws HearthError `unsupported-model` naming the architecture and those known. */
export function modelPage(configJson: unknown): ModelPage {
  return pick(PAGES, configJson);
}
