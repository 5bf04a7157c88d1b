/**
 * Where a model's files may lie, as plain data that crosses threads, and the one line of text that stands for it: in
 * `loadModel`, in the page's address, in the record of a stored model.
 */
import { HearthError } from './errors';

/** A picked or dropped file. `path` is relative to the folder it came in: a File that crosses threads loses its own. */
export interface ModelFile {
  path: string;
  file: File;
}

export type ModelSource =
  /** A folder in Hugging Face layout, or a single .gguf file. Absolute. */
  | { kind: 'url'; url: string }
  /** A repository of a model hub. `file`: its path, or a part of the name that only one model has ("Q4_K_M"). */
  | { kind: 'hub'; repository: string; revision?: string; file?: string; baseUrl?: string }
  /** What a person picked or dropped; `name` is that of the folder, or of the only file. */
  | { kind: 'files'; name: string; files: readonly ModelFile[] }
  /** What is in this browser already, wherever it came from. */
  | { kind: 'stored' };

export type HubRepository = Extract<ModelSource, { kind: 'hub' }>;

/** Where repositories are looked up unless a mirror is chosen. */
export const DEFAULT_HUB = 'https://huggingface.co';

export const DEFAULT_REVISION = 'main';

/** `owner/name`, `owner/name@revision`, `owner/name:file`, or all three. */
const HUB_ID = /^(?<repository>[\w.-]+\/[\w.-]+)(?:@(?<revision>[^:\s]+))?(?::(?<file>\S.*))?$/;

/** The pages and files of a repository as a hub's own addresses name them. */
const HUB_PATH =
  /^\/(?<repository>[\w.-]+\/[\w.-]+)(?:\/(?:tree|blob|resolve)\/(?<revision>[^/]+)(?:\/(?<file>.+))?)?\/?$/;

/**
 * What a line of text stands for: the address of a folder or a .gguf file, or a hub's `owner/name[@revision][:file]`.
 * An address of the hub itself is one of its repositories.
 * @param baseUrl where repositories are looked up
 * @returns null for what is neither.
 */
export function parseModelSource(text: string, siteUrl: string, baseUrl: string = DEFAULT_HUB): ModelSource | null {
  const isRelative = /^\.{0,2}\//.test(text);
  if (isRelative || /^[a-z][a-z\d+.-]*:\/\//i.test(text)) return parseAddress(text, siteUrl, baseUrl);
  const parts = HUB_ID.exec(text)?.groups;
  return parts ? hubSource(parts, baseUrl) : null;
}

function parseAddress(text: string, siteUrl: string, baseUrl: string): ModelSource | null {
  if (!URL.canParse(text, siteUrl)) return null;
  const url = new URL(text, siteUrl);
  if (url.protocol === 'file:') return { kind: 'stored' };
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return null;
  // No browser fetches from an address with a name or password in it, and it would be kept and shown.
  const path = url.username === '' && url.password === '' ? decoded(url.pathname) : null;
  if (path === null) return null;
  const hub = [baseUrl, DEFAULT_HUB].find((base) => url.origin === new URL(base).origin);
  const parts = hub === undefined ? undefined : HUB_PATH.exec(path)?.groups;
  return hub !== undefined && parts ? hubSource(parts, hub) : urlSource(url);
}

/** Null for a path with a stray %. */
function decoded(path: string): string | null {
  try {
    return decodeURI(path);
  } catch {
    return null;
  }
}

function hubSource(parts: Record<string, string | undefined>, baseUrl: string): HubRepository {
  const { repository = '', revision, file } = parts;
  return {
    kind: 'hub',
    repository,
    ...(revision !== undefined && { revision }),
    ...(file !== undefined && { file }),
    ...(baseUrl !== DEFAULT_HUB && { baseUrl }),
  };
}

/** The source at an absolute address: folders end with a slash. */
export function urlSource(address: URL): ModelSource {
  const url = new URL(address);
  url.hash = '';
  if (!url.pathname.endsWith('/') && !isGguf(url.pathname)) url.pathname += '/';
  return { kind: 'url', url: url.href };
}

/** Whether a path names a single-file model. */
export function isGguf(path: string): boolean {
  return path.toLowerCase().endsWith('.gguf');
}

/** The line of text that stands for a repository; the same on every mirror. */
export function hubId({ repository, revision, file }: HubRepository): string {
  const at = revision === undefined || revision === DEFAULT_REVISION ? '' : `@${revision}`;
  return `${repository}${at}${file === undefined ? '' : `:${file}`}`;
}

/** The origin of the first address that a source is fetched from; null where nothing is fetched. */
export function originOf(source: ModelSource): string | null {
  if (source.kind === 'url') return new URL(source.url).origin;
  return source.kind === 'hub' ? new URL(source.baseUrl ?? DEFAULT_HUB).origin : null;
}

/** Picked or dropped files as a source: the folder that all of them share becomes its name. @throws HearthError `bad-request` for none. */
export function filesSource(files: readonly File[]): Extract<ModelSource, { kind: 'files' }> {
  const [first] = files;
  if (!first) throw new HearthError('bad-request', 'No file was given; expected a .gguf file or the files of a model.');
  const pathOf = (file: File) => file.webkitRelativePath || file.name;
  const folder = /^[^/]+\//.exec(pathOf(first))?.[0] ?? '';
  const inFolder = folder !== '' && files.every((file) => pathOf(file).startsWith(folder));
  const name = inFolder ? folder.slice(0, -1) : files.length === 1 ? first.name : (commonName(files) ?? 'model');
  return {
    kind: 'files',
    name,
    files: files.map((file) => ({ path: pathOf(file).slice(inFolder ? folder.length : 0), file })),
  };
}

/** The name of the one .gguf file among several, parts of a split one counted as one. */
function commonName(files: readonly File[]): string | null {
  const names = new Set(
    files.flatMap(({ name }) => (isGguf(name) ? [name.replace(/-\d{5}-of-\d{5}(?=\.gguf$)/i, '')] : [])),
  );
  return names.size === 1 ? [...names][0]! : null;
}
