/** Reads a stored model against its checksums, without the engine: is every byte still what the import wrote? */
import { throwIfAborted } from '../lib/errors';
import { blobChecksum } from './hash';
import type { StoredShard } from './manifest';

export interface Verification {
  shards: number;
  bytes: number;
  /** Indices of shards that are missing or fail their checksum; empty when all is well. */
  damaged: number[];
}

export interface VerifyOptions {
  onProgress?: (loadedBytes: number, totalBytes: number) => void;
  signal?: AbortSignal;
}

/**
 * @param fetchShard gives a stored shard, or null when it is missing.
 * @throws HearthError `aborted`
 */
export async function verifyShards(
  shards: readonly StoredShard[],
  fetchShard: (index: number) => Promise<Blob | null>,
  { onProgress, signal }: VerifyOptions = {},
): Promise<Verification> {
  const totalBytes = shards.reduce((sum, { bytes }) => sum + bytes, 0);
  const damaged: number[] = [];
  let loadedBytes = 0;
  for (const [index, { bytes, checksum }] of shards.entries()) {
    throwIfAborted(signal);
    onProgress?.(loadedBytes, totalBytes);
    // A file behind a Blob that is gone or broken cannot be told from a missing shard.
    const shard = await fetchShard(index).catch(() => null);
    const found = shard?.size === bytes ? await blobChecksum(shard).catch(() => null) : null;
    if (found !== checksum) damaged.push(index);
    loadedBytes += bytes;
  }
  throwIfAborted(signal);
  onProgress?.(totalBytes, totalBytes);
  return { shards: shards.length, bytes: totalBytes, damaged };
}
