/** For tests: the text files of checkpoints, of our bundled models and of the third-party ones beside the repository. */
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { CheckpointTexts } from './checkpoint-texts';

const repository = resolve(import.meta.dirname, '../..');

/** Third-party test data; it lies beside the repository and may be missing. */
export const testdata = resolve(repository, '../shared/testdata');
export const testdataMissing = existsSync(testdata) ? false : 'the test data folder ../shared/testdata is missing';

export const talesFolder = join(repository, 'public/models/tales');

/** Reads a Hugging Face folder; a missing config.json counts as empty. */
export function readCheckpoint(folder: string): CheckpointTexts {
  const read = (name: string) =>
    existsSync(join(folder, name)) ? { [name]: readFileSync(join(folder, name), 'utf8') } : {};
  return {
    'config.json': '{}',
    'tokenizer.json': readFileSync(join(folder, 'tokenizer.json'), 'utf8'),
    ...read('config.json'),
    ...read('tokenizer_config.json'),
    ...read('generation_config.json'),
    ...read('chat_template.jinja'),
  };
}
