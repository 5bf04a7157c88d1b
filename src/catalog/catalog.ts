/**
 * The models we offer, as data. `models.json` is the list, `configs.json` what sizes depend on; this file says what its fields mean and finds entries in it. A
 * model's files lie below the site's own address or in a repository of the model hub; how they get into the browser is not
 * the catalog's business.
 */
import type { SamplingOptions } from '../protocol/generation';
import models from './models.json';

export interface CatalogModel {
  /** The name in `loadModel(id)` and in `/?model=id`. */
  id: string;
  /** The name a person reads, e.g. "Tales". */
  label: string;
  /** Folder with the files in Hugging Face layout, relative to the site's root, with a trailing slash. */
  path?: string;
  /** Where there is no such folder: the repository of the hub, as `owner/name`. */
  repository?: string;
  /** The hub hands it out only to those who have accepted its licence there. */
  gated?: boolean;
  /** Part of the site itself: fetched without asking. All others wait for a click. */
  bundled: boolean;
  /** What it is good for, in about six words. */
  goodFor: string;
  /** What a person should know before trusting it, as sentences. */
  caution: string;
  /** The sentences above in other languages, by BCP 47 tag. */
  translations: Record<string, Pick<CatalogModel, 'goodFor' | 'caution'>>;
  /** SPDX identifier of the weights' licence; `LicenseRef-` and a name for those that SPDX does not list. */
  licence: string;
  parameterCount: number;
  /** Bytes of all files the import fetches; of a repository about so many, for it may change. */
  downloadBytes: number;
  /** The model in this catalog that may guess ahead for it: smaller, with the same vocabulary. */
  draft?: string;
  /** Where it keeps to the point best; over the checkpoint's own advice, under what a person asks for. */
  sampling: SamplingOptions;
  /** Prompts that this very model answers well. */
  examples: string[];
}

export const catalog: readonly CatalogModel[] = models;

/**
 * What of each model's config.json sizes depend on, by id, so that memory can be told before anything is fetched. A file of its
 * own: the chat needs none of it.
 */
export async function loadConfigs(): Promise<Readonly<Record<string, Readonly<Record<string, unknown>>>>> {
  return (await import('./configs.json')).default;
}

/** The model a first visit starts with: the first one in the list, which is bundled. */
export const defaultModelId = 'tales';

/** What it is good for and the caution, in a language; in English where there is no translation. */
export function sentencesOf(model: CatalogModel, language: string): Pick<CatalogModel, 'goodFor' | 'caution'> {
  return model.translations[language] ?? model;
}

/** The licence as a person reads it. */
export function licenceName({ licence }: Pick<CatalogModel, 'licence'>): string {
  const [, own] = /^LicenseRef-(.*)$/.exec(licence) ?? [];
  return own?.replaceAll('-', ' ') ?? licence;
}

/** The entry with this id, or undefined. */
export function findModel(id: string): CatalogModel | undefined {
  return catalog.find((model) => model.id === id);
}
