/**
 * Files that a person has picked or dropped. They are read where they lie, and nothing of them is copied but what is read. Size
 * and date tell one version from another, so a second drop of the same files goes on where the first one ended.
 */
import { HearthError } from '../../lib/errors';
import type { ModelFile } from '../../lib/model-source';
import { checksum } from '../hash';
import type { ByteRange, Source, SourceStream } from './source';

export class FilesSource implements Source {
  readonly url: string;
  readonly #files: ReadonlyMap<string, File>;

  /** @param name of the folder, or of the only file. */
  constructor(name: string, files: readonly ModelFile[]) {
    this.url = `file:///${encodeURIComponent(name)}/`;
    this.#files = new Map(files.map(({ path, file }) => [path, file]));
  }

  async open(path: string, { startBytes, endBytes }: ByteRange, signal: AbortSignal): Promise<SourceStream> {
    const file = this.#files.get(path);
    if (!file) {
      throw new HearthError('not-found', `There is no ${path} among the given files; expected it there.`, {
        hint: 'Give all files of the model at once, or the folder that holds them.',
      });
    }
    if (startBytes >= file.size) {
      const what = file.size === 0 ? 'is empty' : `ends before byte ${startBytes}`;
      throw new HearthError('bad-file', `${path} ${what}; expected more. The file is cut off.`);
    }
    return {
      version: { sizeBytes: file.size, validator: versionOf(file) },
      hasRanges: true,
      chunks: chunksOf(file.slice(startBytes, endBytes ?? file.size), path, signal),
    };
  }
}

/** Tells these files from others of the same names, without reading them. */
export async function fingerprint(files: readonly ModelFile[]): Promise<string> {
  const lines = files.map(({ path, file }) => `${path} ${versionOf(file)}`).sort();
  return checksum(new TextEncoder().encode(lines.join('\n')));
}

function versionOf({ size, lastModified }: File): string {
  return `${size}-${lastModified}`;
}

async function* chunksOf(blob: Blob, path: string, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  const reader = blob.stream().getReader();
  try {
    for (;;) {
      signal.throwIfAborted();
      const { done, value } = await reader.read().catch((cause: unknown) => Promise.reject(unreadable(path, cause)));
      if (done) return;
      yield value;
    }
  } finally {
    reader.cancel().catch(() => {});
  }
}

/** Trying again does not help: the browser holds on to the file as it was. */
function unreadable(path: string, cause: unknown): HearthError {
  return new HearthError(
    'not-found',
    `${path} could not be read any more; it was moved or changed since it was given.`,
    {
      hint: 'Give the files again; what has been read is kept.',
      cause,
    },
  );
}
