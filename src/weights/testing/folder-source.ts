/** A folder of files in memory, as a source to import from. */
import { HearthError } from '../../lib/errors';
import type { ByteRange, Source, SourceStream } from '../sources/source';

export class FolderSource implements Source {
  readonly url = 'memory:';

  /** @param files by name; those that are not there are null or left out */
  constructor(readonly files: Readonly<Record<string, Uint8Array | null>>) {}

  async open(path: string, { startBytes, endBytes }: ByteRange): Promise<SourceStream> {
    const file = this.files[path];
    if (!file) throw new HearthError('not-found', `There is no ${path}.`);
    const chunks = [file.subarray(startBytes, endBytes ?? file.length)].values();
    return {
      version: { sizeBytes: file.length, validator: 'memory' },
      hasRanges: true,
      chunks: { next: async () => chunks.next() },
    };
  }
}
