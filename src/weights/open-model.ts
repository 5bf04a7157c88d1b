/**
 * A model's files opened: a folder in Hugging Face layout, or one file that is a whole model, GGUF or of our own. Its weights
 * are not read yet.
 */
import { isGguf } from '../lib/model-source';
import { type Checkpoint, openCheckpoint as openFolder } from './formats/checkpoint';
import { readTexts, type SourceFile } from './formats/texts';
import type { ModelTexts } from './manifest';
import type { ReadOptions } from './sources/reader';
import type { Source } from './sources/source';

export interface OpenedModel {
  texts: ModelTexts;
  /** Those that were fetched. */
  textFiles: SourceFile[];
  /** Reads what is still to be read of the weights' headers. */
  openCheckpoint: () => Promise<Checkpoint>;
}

/** @param file the one file of the source that is the model; null for the folder. @throws as `importModel`. */
export async function openModel(source: Source, file: string | null, reading: ReadOptions): Promise<OpenedModel> {
  if (file !== null) {
    const { texts, checkpoint } = await openFile(source, file, reading);
    return { texts, textFiles: [], openCheckpoint: () => Promise.resolve(checkpoint) };
  }
  const { texts, files: textFiles } = await readTexts(source, reading);
  return { texts, textFiles, openCheckpoint: () => openFolder(source, reading) };
}

/** The weights' headers alone. @throws as `openModel`. */
export async function openWeights(source: Source, file: string | null, reading: ReadOptions): Promise<Checkpoint> {
  if (file === null) return openFolder(source, reading);
  return (await openFile(source, file, reading)).checkpoint;
}

/** What reads it is fetched when there is such a file: no part of a first visit. */
async function openFile(source: Source, file: string, reading: ReadOptions) {
  if (isGguf(file)) return (await import('./formats/gguf/open')).openGguf(source, file, reading);
  return (await import('./formats/exported')).openExported(source, file, reading);
}
