/**
 * Two hashes for two jobs: SHA-256 names a download for the world and can be saved half-way; xxHash64 is fast enough to guard
 * every shard at every load. Both are WebAssembly: `crypto.subtle` takes whole files only, and is missing on plain http.
 */
import { createSHA256, createXXHash64, xxhash64 } from 'hash-wasm';

/** A hash under way. `save` and `load` carry its state over a restart. */
export type Sha256 = Pick<Awaited<ReturnType<typeof createSHA256>>, 'init' | 'update' | 'digest' | 'save' | 'load'>;

/** A fresh SHA-256; `digest` gives lower-case hex. */
export async function createSha256(): Promise<Sha256> {
  return (await createSHA256()).init();
}

/** Bytes of a Blob that are in memory at a time. */
const SLICE_BYTES = 8 * 2 ** 20;

/** xxHash64 of a Blob, as 16 hex digits. */
export async function blobChecksum(blob: Blob): Promise<string> {
  const hasher = (await createXXHash64()).init();
  for (let at = 0; at < blob.size; at += SLICE_BYTES) {
    hasher.update(new Uint8Array(await blob.slice(at, at + SLICE_BYTES).arrayBuffer()));
  }
  return hasher.digest();
}

/** xxHash64 of bytes, as 16 hex digits. */
export const checksum: (bytes: Uint8Array) => Promise<string> = xxhash64;
