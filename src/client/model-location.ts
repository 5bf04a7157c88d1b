/** What `loadModel` accepts as "a model", turned into an id and an absolute address. */
import { catalog, findModel } from '../catalog/catalog';
import { HearthError } from '../lib/errors';

/** The model hub. */
export const HUB = 'https://huggingface.co';

/** A folder in Hugging Face layout: config.json, tokenizer.json, safetensors. */
export interface ModelLocation {
  /** Absolute, or relative to the site's root. */
  url: string;
  /** Names the model in the store; its address if absent. */
  id?: string;
}

export interface ResolvedModel {
  id: string;
  /** Absolute, with a trailing slash. */
  url: string;
  /** The catalog's name for it; null for models the catalog does not know. */
  label: string | null;
}

/** @throws HearthError `bad-request` for an id that is not in the catalog, or an address that is none. */
export function resolveModel(idOrSource: string | ModelLocation, siteUrl: string): ResolvedModel {
  if (typeof idOrSource === 'string') {
    const model = findModel(idOrSource);
    if (model) {
      const { id, label, path, repository } = model;
      return { id, label, url: path === undefined ? hubFolder(repository ?? id) : new URL(path, siteUrl).href };
    }
    if (/^https?:\/\//.test(idOrSource)) return resolveModel({ url: idOrSource, id: idOrSource }, siteUrl);
    if (/^[\w.-]+\/[\w.-]+$/.test(idOrSource)) return { id: idOrSource, url: hubFolder(idOrSource), label: null };
    throw new HearthError(
      'bad-request',
      `There is no model "${idOrSource}" in the catalog; it has ${catalog.map(({ id }) => id).join(', ')}.`,
      { hint: 'Use one of these ids, or give { url } of a folder with a model.' },
    );
  }
  const folder = idOrSource.url.endsWith('/') ? idOrSource.url : `${idOrSource.url}/`;
  if (!URL.canParse(folder, siteUrl)) {
    throw new HearthError(
      'bad-request',
      `"${idOrSource.url}" is not an address; expected the URL of a model's folder.`,
    );
  }
  const { href } = new URL(folder, siteUrl);
  return { id: idOrSource.id ?? href, url: href, label: null };
}

/** The folder of a hub repository's newest files. @param repository as `owner/name` */
export function hubFolder(repository: string): string {
  return `${HUB}/${repository}/resolve/main/`;
}
