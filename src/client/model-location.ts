/** What `loadModel` accepts as "a model", turned into an id and a source. */
import { catalog, type CatalogModel, findModel } from '../catalog/catalog';
import { HearthError } from '../lib/errors';
import {
  DEFAULT_HUB,
  filesSource,
  type HubRepository,
  hubId,
  type ModelSource,
  parseModelSource,
  urlSource,
} from '../lib/model-source';

/** `id` names the model in the store; where it comes from does if absent. */
export type ModelLocation =
  /** A folder in Hugging Face layout, or one .gguf file. Absolute, or relative to the site's root. */
  | { url: string; id?: string }
  /** A repository of a hub; see `HubRepository`. */
  | (Omit<HubRepository, 'kind' | 'baseUrl'> & { hubUrl?: string; id?: string })
  /** What a person has picked or dropped: the files of a folder, or one .gguf file. */
  | { files: readonly File[]; id?: string }
  /** What `loadModel` takes as a text, or a stored model's report has as `source.id`. */
  | { from: string; id: string };

export interface ResolvedModel {
  id: string;
  source: ModelSource;
  /** The catalog's name for it; null for models the catalog does not know. */
  label: string | null;
}

export interface Places {
  /** The site's root, which relative addresses are resolved against. Absolute. */
  siteUrl: string;
  /** Where repositories are looked up. Absolute. */
  hubUrl: string;
}

/** @throws HearthError `bad-request` for an id that is not in the catalog and no repository either, or an address that is none. */
export function resolveModel(idOrSource: string | ModelLocation, { siteUrl, hubUrl }: Places): ResolvedModel {
  if (typeof idOrSource === 'string') {
    const model = findModel(idOrSource);
    if (model) return { id: model.id, source: sourceOf(model, { siteUrl, hubUrl }), label: model.label };
    const source = parseModelSource(idOrSource, siteUrl, hubUrl) ?? refuse(idOrSource);
    return source.kind === 'stored' ? named(source, idOrSource) : named(source); // files by hand are known by their id alone
  }
  const { id } = idOrSource;
  if ('from' in idOrSource) {
    return named(parseModelSource(idOrSource.from, siteUrl, hubUrl) ?? refuse(idOrSource.from), id);
  }
  if ('files' in idOrSource) return named(filesSource(idOrSource.files), id);
  if ('repository' in idOrSource) {
    const { repository, revision, file, hubUrl: baseUrl = hubUrl } = idOrSource;
    return named(
      { kind: 'hub', repository, revision, file, baseUrl: baseUrl === DEFAULT_HUB ? undefined : baseUrl },
      id,
    );
  }
  const address = URL.canParse(idOrSource.url, siteUrl) ? new URL(idOrSource.url, siteUrl).href : null;
  const source = address === null ? null : parseModelSource(address, siteUrl, hubUrl);
  if (source) return named(source, id);
  throw new HearthError(
    'bad-request',
    `"${idOrSource.url}" is not an address; expected the URL of a model's folder or of a .gguf file.`,
  );
}

/** Where a model of the catalog lies: below the site, or in its repository. */
function sourceOf({ id, path, repository = id }: CatalogModel, { siteUrl, hubUrl }: Places): ModelSource {
  if (path !== undefined) return urlSource(new URL(path, siteUrl));
  return parseModelSource(repository, siteUrl, hubUrl) ?? refuse(repository);
}

function named(source: ModelSource, id: string = idOf(source)): ResolvedModel {
  return { id, source, label: null };
}

function idOf(source: ModelSource): string {
  switch (source.kind) {
    case 'url':
      return source.url;
    case 'hub':
      return hubId(source);
    case 'files':
      return `file:///${encodeURIComponent(source.name)}`;
    case 'stored':
      throw new HearthError('bad-request', 'A stored model was asked for without a name; expected its id.');
  }
}

function refuse(text: string): never {
  throw new HearthError(
    'bad-request',
    `There is no model "${text}" in the catalog; it has ${catalog.map(({ id }) => id).join(', ')}.`,
    { hint: 'Use one of these ids, a repository as owner/name, or the address of a folder or a .gguf file.' },
  );
}
