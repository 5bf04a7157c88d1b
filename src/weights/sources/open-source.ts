/**
 * From "where a model's files lie" to something that can be read. What a first visit does not need, hubs and given files, comes
 * when it is asked for.
 */
import { HearthError } from '../../lib/errors';
import { hubId, isGguf, type ModelSource } from '../../lib/model-source';
import type { Get } from './http';
import type { ReadOptions } from './reader';
import type { Source } from './source';
import { UrlSource } from './url';

export interface OpenedSource {
  source: Source;
  /** The one file that is the model, GGUF or exported by Hearth; null where the folder is. */
  file: string | null;
}

/** Sources that can be fetched from. */
export type FetchableSource = Exclude<ModelSource, { kind: 'stored' }>;

/** The line of text that names a source in the records of a model; asks nobody. @throws HearthError `bad-request`. */
export async function sourceId(source: FetchableSource): Promise<string> {
  switch (source.kind) {
    case 'url':
      return absolute(source.url).href;
    case 'hub':
      return hubId(source);
    case 'files': {
      const { fingerprint } = await import('./files');
      return `file:///${encodeURIComponent(source.name)}?${await fingerprint(source.files)}`;
    }
  }
}

/**
 * @throws HearthError `not-found` where there is no model, `bad-request` where there are several, and as `openHub`.
 */
export async function openSource(model: FetchableSource, get: Get, options: ReadOptions): Promise<OpenedSource> {
  switch (model.kind) {
    case 'url': {
      const url = absolute(model.url);
      if (!isGguf(url.pathname)) return { source: new UrlSource(url.href, get), file: null };
      const file = decodeURIComponent(url.pathname.split('/').at(-1)!);
      return { source: new UrlSource(new URL('.', url).href + url.search, get), file };
    }
    case 'hub': {
      const [{ openHub }, { chooseFile }] = await Promise.all([import('./hub'), import('./choose-file')]);
      const source = await openHub(model, get, options);
      return { source, file: chooseFile(source.files, model.file, model.repository, 'first') };
    }
    case 'files': {
      const [{ FilesSource }, { chooseFile }] = await Promise.all([import('./files'), import('./choose-file')]);
      const source = new FilesSource(model.name, model.files);
      const listed = model.files.map(({ path, file }) => ({ path, bytes: file.size }));
      return { source, file: chooseFile(listed, undefined, model.name) };
    }
  }
}

function absolute(url: string): URL {
  if (URL.canParse(url)) return new URL(url);
  throw new HearthError('bad-request', `"${url}" is not an address; expected the absolute URL of a model's folder.`);
}
