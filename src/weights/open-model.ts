/**
 * A model's files opened: a GGUF file, or a folder in Hugging Face layout. Its weights are not read yet. What reads GGUF is
 * fetched when the first such file comes.
 */
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

/** @param file the .gguf file of the source that is the model; null for the folder. @throws as `importModel`. */
export async function openModel(source: Source, file: string | null, reading: ReadOptions): Promise<OpenedModel> {
  if (file !== null) {
    const { openGguf } = await import('./formats/gguf/open');
    const { texts, checkpoint } = await openGguf(source, file, reading);
    return { texts, textFiles: [], openCheckpoint: () => Promise.resolve(checkpoint) };
  }
  const { texts, files: textFiles } = await readTexts(source, reading);
  return { texts, textFiles, openCheckpoint: () => openFolder(source, reading) };
}

/** The weights' headers alone. @throws as `openModel`. */
export async function openWeights(source: Source, file: string | null, reading: ReadOptions): Promise<Checkpoint> {
  if (file === null) return openFolder(source, reading);
  const { openGguf } = await import('./formats/gguf/open');
  return (await openGguf(source, file, reading)).checkpoint;
}
