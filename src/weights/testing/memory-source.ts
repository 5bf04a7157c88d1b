/** A source whose files are in memory, and what was read of them. */
import { HearthError } from '../../lib/errors';
import type { ByteRange, Source, SourceStream } from '../sources/source';

export class MemorySource implements Source {
  readonly url = 'memory:///';
  /** Bytes handed out, by path. */
  readonly readBytes = new Map<string, number>();

  /** @param sizesKnown false for a server that does not tell how long its files are */
  constructor(
    readonly files: Readonly<Record<string, Uint8Array<ArrayBuffer>>>,
    readonly sizesKnown = true,
  ) {}

  open(path: string, { startBytes, endBytes }: ByteRange, signal: AbortSignal): Promise<SourceStream> {
    const file = this.files[path];
    if (!file) return Promise.reject(new HearthError('not-found', `There is no file ${path}.`));
    const asked = file.subarray(startBytes, endBytes ?? undefined);
    return Promise.resolve({
      version: { sizeBytes: this.sizesKnown ? file.length : null, validator: 'the only version' },
      hasRanges: true,
      chunks: this.#chunks(path, asked, signal),
    });
  }

  async *#chunks(path: string, bytes: Uint8Array, signal: AbortSignal): AsyncGenerator<Uint8Array> {
    for (let at = 0; at < bytes.length; at += CHUNK_BYTES) {
      signal.throwIfAborted();
      const chunk = bytes.subarray(at, at + CHUNK_BYTES);
      this.readBytes.set(path, (this.readBytes.get(path) ?? 0) + chunk.length);
      yield await Promise.resolve(chunk);
    }
  }
}

const CHUNK_BYTES = 64 * 1024;
