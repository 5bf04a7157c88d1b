/** A folder of files in memory, as a source to import from. */
import { HearthError } from '../../lib/errors';
import type { ByteRange, Source, SourceStream } from '../sources/source';

const CHUNK_BYTES = 64 * 1024;

export class FolderSource implements Source {
  readonly url = 'memory:';
  /** Of all files together, as they were handed out. */
  readBytes = 0;

  /**
   * @param files by name; those that are not there are null or left out
   * @param tellsSizes false for a server that does not
   */
  constructor(
    readonly files: Readonly<Record<string, Uint8Array | null>>,
    readonly tellsSizes = true,
  ) {}

  async open(path: string, { startBytes, endBytes }: ByteRange): Promise<SourceStream> {
    const file = this.files[path];
    if (!file) throw new HearthError('not-found', `There is no ${path}.`);
    return {
      version: { sizeBytes: this.tellsSizes ? file.length : null, validator: 'memory' },
      hasRanges: true,
      chunks: this.#chunks(file.subarray(startBytes, endBytes ?? file.length)),
    };
  }

  async *#chunks(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
    for (let at = 0; at < bytes.length; at += CHUNK_BYTES) {
      const chunk = bytes.subarray(at, at + CHUNK_BYTES);
      this.readBytes += chunk.length;
      yield await Promise.resolve(chunk);
    }
  }
}
