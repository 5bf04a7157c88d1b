/** The small files beside the weights: read whole, kept as text. */
import { HearthError } from '../../lib/errors';
import { createSha256 } from '../hash';
import type { Manifest, ModelTexts } from '../manifest';
import { type ReadOptions, SourceReader } from '../sources/reader';
import type { Source } from '../sources/source';
import { htmlFound } from '../sources/url';

/** What the manifest says of one downloaded file. */
export type SourceFile = Manifest['source']['files'][number];

/** The largest tokenizers have about 30 MB. */
export const MAX_TEXT_BYTES = 100e6;

export const REQUIRED_TEXTS = ['config.json', 'tokenizer.json'] as const;
export const OPTIONAL_TEXTS = ['tokenizer_config.json', 'generation_config.json', 'chat_template.jinja'] as const;

/**
 * All text files of a model; those of OPTIONAL_TEXTS may be missing.
 * @throws HearthError `not-found`, `bad-file`, `network`, `aborted`.
 */
export async function readTexts(
  source: Source,
  options: ReadOptions,
): Promise<{ texts: ModelTexts; files: SourceFile[] }> {
  const read = await Promise.all([
    ...REQUIRED_TEXTS.map((path) => readText(source, path, options)),
    ...OPTIONAL_TEXTS.map((path) => readText(source, path, options).catch(absentIfMissing)),
  ]);
  const found = read.filter((text) => text !== null);
  return {
    texts: Object.fromEntries(found.map(({ file, text }) => [file.path, text])) as unknown as ModelTexts,
    files: found.map(({ file }) => file),
  };
}

/**
 * Bytes of all text files of a model, of each of which no more than the first byte is read; a file whose server tells no size
 * counts as nothing. @throws as `readTexts`.
 */
export async function sizeOfTexts(source: Source, options: ReadOptions): Promise<number> {
  const sizes = await Promise.all([
    ...REQUIRED_TEXTS.map((path) => sizeOf(source, path, options)),
    ...OPTIONAL_TEXTS.map((path) => sizeOf(source, path, options).catch(absentIfMissing)),
  ]);
  return sizes.reduce<number>((sum, bytes) => sum + (bytes ?? 0), 0);
}

async function sizeOf(source: Source, path: string, options: ReadOptions): Promise<number | null> {
  const reader = new SourceReader(source, path, { startBytes: 0, endBytes: 1 }, null, options);
  try {
    await reader.readSome();
    return reader.version?.sizeBytes ?? null;
  } finally {
    reader.close();
  }
}

/** @throws HearthError `bad-file` when it is no JSON, and as `readTexts`. */
export async function readJson(source: Source, path: string, options: ReadOptions): Promise<unknown> {
  const { text } = await readText(source, path, options);
  return parseJson(text, path);
}

/** @throws HearthError `bad-file`. */
export function parseJson(text: string, path: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new HearthError('bad-file', `${path} is not JSON; expected JSON.`, { cause });
  }
}

async function readText(
  source: Source,
  path: string,
  options: ReadOptions,
): Promise<{ text: string; file: SourceFile }> {
  const reader = new SourceReader(source, path, { startBytes: 0, endBytes: null }, null, options);
  const sha256 = await createSha256();
  const decoder = new TextDecoder();
  let text = '';
  try {
    for (let chunk; (chunk = await reader.readSome());) {
      sha256.update(chunk);
      text += decoder.decode(chunk, { stream: true });
      if (reader.positionBytes > MAX_TEXT_BYTES) {
        throw new HearthError(
          'bad-file',
          `${source.url}${path} is larger than ${MAX_TEXT_BYTES / 1e6} MB; expected text.`,
        );
      }
    }
  } finally {
    reader.close();
  }
  text += decoder.decode();
  if (/^\s*<(!doctype|html)\b/i.test(text)) throw htmlFound(source.url + path, path);
  const etag = reader.version?.validator ?? null;
  return { text, file: { path, bytes: reader.positionBytes, sha256: sha256.digest(), etag } };
}

/** Servers that answer unknown paths with their start page mean "not found". */
function absentIfMissing(error: unknown): null {
  if (error instanceof HearthError && (error.code === 'not-found' || error.code === 'bad-file')) return null;
  throw error;
}
