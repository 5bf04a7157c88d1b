/**
 * Which files of a repository or a folder are the model, where nobody says: the safetensors, else the one GGUF, else Q4_K_M, else
 * of a repository the first GGUF, beside which the others can be chosen.
 */
import { HearthError } from '../../lib/errors';
import { isGguf } from '../../lib/model-source';

export interface ListedFile {
  path: string;
  /** Null where the list does not say. */
  bytes: number | null;
}

/** Chosen among several GGUF files: the smallest type that loses next to nothing. */
const DEFAULT_TYPE = 'Q4_K_M';

const PART = /-(\d{5})-of-\d{5}(?=\.gguf$)/i;

/**
 * @param wanted a file's path, or a part of its name that only one model has, e.g. "Q8_0".
 * @param place where the files lie, for messages.
 * @param ifSeveral whether the first GGUF is taken where none is named and none is Q4_K_M.
 * @returns the path of a file that is a whole model: a .gguf file, of a split one the first, or a safetensors file that has no
 * config.json beside it, as Hearth exports them; null for the folder itself.
 * @throws HearthError `not-found`, or `bad-request` with the models to choose from.
 */
export function chooseFile(
  files: readonly ListedFile[],
  wanted: string | undefined,
  place: string,
  ifSeveral: 'first' | 'refuse' = 'refuse',
): string | null {
  const models = ggufModels(files);
  const hasConfig = files.some(({ path }) => path === 'config.json');
  const hasSafetensors = files.some(({ path }) => /^model\.safetensors(\.index\.json)?$/.test(path));
  if (wanted === undefined) {
    if (hasSafetensors) return null;
    const [alone, ...others] = files.filter(({ path }) => path.endsWith('.safetensors'));
    const isWhole = others.length === 0 && !hasConfig;
    if (models.length === 0 && alone && isWhole) return alone.path;
    if (models.length === 0) {
      throw new HearthError('not-found', `${place} has neither model.safetensors nor a .gguf file; expected one.`, {
        hint: 'Pick a model in safetensors or GGUF format.',
      });
    }
    const usual = models.find(({ path }) => holds(path, DEFAULT_TYPE));
    const first = models.length === 1 || ifSeveral === 'first' ? models[0] : undefined;
    const taken = usual ?? first;
    if (taken) return taken.path;
    throw choice(`${place} has ${models.length} models; expected one to be named`, models);
  }
  if (!isGguf(wanted) && files.some(({ path }) => path === wanted)) {
    // One file of the folder names it all, unless it is a model of its own.
    return wanted.endsWith('.safetensors') && !hasConfig && !hasSafetensors ? wanted : null;
  }
  const exact = models.find(({ path }) => path === wanted);
  const matching = exact ? [exact] : models.filter(({ path }) => holds(path, wanted));
  if (matching.length === 1) return matching[0]!.path;
  throw choice(
    `${place} has ${matching.length === 0 ? 'no model' : `${matching.length} models`} named "${wanted}"; expected one`,
    matching.length === 0 ? models : matching,
  );
}

/** One entry for each model, first parts with the bytes of all parts; vision towers ("mmproj") are none. */
export function ggufModels(files: readonly ListedFile[]): ListedFile[] {
  const ggufs = files.filter(({ path }) => isGguf(path) && !/(^|\/)mmproj[^/]*$/i.test(path));
  const stemOf = (path: string) => path.replace(PART, '');
  const sizes = new Map<string, number | null>(); // of all parts of a stem
  for (const { path, bytes } of ggufs) {
    const before = sizes.get(stemOf(path)) ?? (sizes.has(stemOf(path)) ? null : 0);
    sizes.set(stemOf(path), before === null || bytes === null ? null : before + bytes);
  }
  return ggufs.flatMap((file) => {
    const part = PART.exec(file.path)?.[1];
    if (part !== undefined && part !== '00001') return [];
    return [{ path: file.path, bytes: sizes.get(stemOf(file.path)) ?? null }];
  });
}

function holds(path: string, part: string): boolean {
  return path.toLowerCase().includes(part.toLowerCase());
}

function choice(what: string, models: readonly ListedFile[]): HearthError {
  const list = models
    .map(({ path, bytes }) => (bytes === null ? path : `${path} (${(bytes / 1e9).toFixed(2)} GB)`))
    .join(', ');
  const message = models.length === 0 ? `${what}.` : `${what} of ${list}.`;
  return new HearthError('bad-request', message, { hint: 'Name one after a colon: owner/name:file.gguf.' });
}
