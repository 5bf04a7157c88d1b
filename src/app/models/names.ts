/** What models are called: by the person who has renamed one, else by the catalogue, else by their address. */
import * as v from 'valibot';
import { findModel } from '../../catalog/catalog';
import { readKept, writeKept } from './kept';

/** Beginning with "hearth." like all keys of ours, so that export and deletion find it. */
export const NAMES_KEY = 'hearth.names';

/** By model id; models that keep their own name are absent. */
export type ModelNames = Readonly<Record<string, string>>;

export function readNames(storage: Pick<Storage, 'getItem'> | null): ModelNames {
  return readKept(storage, NAMES_KEY, v.pipe(v.string(), v.minLength(1)));
}

export function writeNames(storage: Pick<Storage, 'setItem'> | null, names: ModelNames): void {
  writeKept(storage, NAMES_KEY, names);
}

export function labelOf(names: ModelNames, modelId: string): string {
  return names[modelId] ?? ownName(modelId);
}

/**
 * What a model is called that nobody has renamed: as the catalogue says, else the last part of where it came from, which may be
 * a repository with or without a file ("owner/name:file.gguf"), an address, or the name of a folder.
 */
export function ownName(modelId: string): string {
  const entry = findModel(modelId);
  if (entry) return entry.label;
  const place = modelId.replace(/\/resolve\/[^/]+\/?$/, '').replace(/\.gguf$|(\.hearth)?\.safetensors$/i, '');
  return decoded(place.split(/[/:]/).filter(Boolean).at(-1) ?? '') || modelId;
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part; // a stray % is itself
  }
}
