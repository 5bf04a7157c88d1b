/**
 * A repository of a model hub. Its list of files comes first: it names the commit, which is what is fetched from then on even
 * if the branch moves, and the SHA-256 of every large file.
 */
import { HearthError } from '../../lib/errors';
import { DEFAULT_HUB, DEFAULT_REVISION, type HubRepository } from '../../lib/model-source';
import { readJson } from '../formats/texts';
import type { Get } from './http';
import type { ListedFile } from './choose-file';
import type { ReadOptions } from './reader';
import { type ByteRange, RefusedError, type Source, type SourceStream } from './source';
import { UrlSource } from './url';

/** One file as the hub lists it. */
interface HubFile extends ListedFile {
  sha256: string | null;
}

export class HubSource implements Source {
  readonly url: string;
  readonly #folder: UrlSource;
  readonly #files: ReadonlyMap<string, HubFile>;

  /** @param commit what the list was made of. */
  constructor(
    repository: HubRepository,
    readonly commit: string,
    files: readonly HubFile[],
    get: Get,
  ) {
    this.#folder = new UrlSource(
      `${baseOf(repository)}/${repository.repository}/resolve/${encodeURIComponent(commit)}/`,
      get,
    );
    this.url = this.#folder.url;
    this.#files = new Map(files.map((file) => [file.path, file]));
  }

  get files(): ListedFile[] {
    return [...this.#files.values()];
  }

  sha256(path: string): string | null {
    return this.#files.get(path)?.sha256 ?? null;
  }

  async open(path: string, range: ByteRange, signal: AbortSignal): Promise<SourceStream> {
    if (!this.#files.has(path)) throw new HearthError('not-found', `The repository has no file ${this.url}${path}.`);
    return this.#folder.open(path, range, signal);
  }
}

/**
 * Lists a repository and pins it to the commit found.
 * @throws HearthError `not-found` for no such repository, or one that wants a token; `bad-file`, `network`, `aborted`.
 */
export async function openHub(repository: HubRepository, get: Get, options: ReadOptions): Promise<HubSource> {
  const { revision = DEFAULT_REVISION } = repository;
  const base = baseOf(repository);
  const list = `${base}/api/models/${repository.repository}/revision/`;
  // Sizes and digests are told when asked for; a slash in a branch's name is none of the path.
  const api = new UrlSource(list, (_, init) => get(`${list}${encodeURIComponent(revision)}?blobs=true`, init));
  const listed = await readJson(api, revision, options).catch((error: unknown) => {
    throw error instanceof RefusedError ? refusal(error, repository.repository, revision, base) : error;
  });
  const { commit, files } = readListing(listed, `${base}/${repository.repository}`);
  return new HubSource(repository, commit ?? revision, files, get);
}

function baseOf({ baseUrl = DEFAULT_HUB }: HubRepository): string {
  return baseUrl.replace(/\/+$/, '');
}

/** Hubs answer 401 for what does not exist as well, so that nobody learns what is private. */
function refusal(error: RefusedError, repository: string, revision: string, base: string): HearthError {
  const { host } = new URL(base);
  if (error.refusal.status === 404) {
    return new HearthError('not-found', `${host} has no repository ${repository} with a revision ${revision}.`, {
      hint: 'Check the name; it reads owner/name, and owner/name@revision for another branch.',
      cause: error,
    });
  }
  if (!error.isForbidden) return error;
  return new HearthError(
    'not-found',
    `${host} does not let us read ${repository} (status ${error.refusal.status}): it is not there, private, or to be agreed to.`,
    { hint: `Agree to its terms at ${base}/${repository} and give a token of yours for ${host}.`, cause: error },
  );
}

/** @throws HearthError `bad-file` for what is no list. */
function readListing(listed: unknown, place: string): { commit: string | null; files: HubFile[] } {
  const { sha, siblings } = (listed ?? {}) as { sha?: unknown; siblings?: unknown };
  if (!Array.isArray(siblings)) {
    throw new HearthError('bad-file', `The list of ${place} names no files; expected "siblings".`);
  }
  const files = siblings.map((sibling: unknown): HubFile => {
    const { rfilename, size, lfs } = (sibling ?? {}) as { rfilename?: unknown; size?: unknown; lfs?: unknown };
    if (typeof rfilename !== 'string') {
      throw new HearthError('bad-file', `The list of ${place} has a file without a name; expected "rfilename".`);
    }
    const { sha256 } = (lfs ?? {}) as { sha256?: unknown };
    const isDigest = typeof sha256 === 'string' && /^[\da-f]{64}$/i.test(sha256);
    return {
      path: rfilename,
      bytes: typeof size === 'number' ? size : null,
      sha256: isDigest ? sha256.toLowerCase() : null,
    };
  });
  return { commit: typeof sha === 'string' && /^[\w.-]+$/.test(sha) ? sha : null, files };
}
