/** Stored models as the engine reads them. Every shard's checksum is verified before its bytes are used. */
import { HearthError } from '../lib/errors';
import { PACKED_FORMAT_VERSION } from '../quant/format';
import { blobChecksum } from './hash';
import type { Manifest, StoredWeights } from './manifest';
import type { WeightStore } from './store';

/** The manifest of a stored model; null when there is none, or one whose bits mean something else by now: import again. */
export async function readManifest(store: WeightStore, modelId: string): Promise<Manifest | null> {
  const manifest = await store.manifest(modelId);
  return manifest?.formatVersion === PACKED_FORMAT_VERSION ? manifest : null;
}

/** A stored model; null when it has to be imported first. */
export async function openStoredWeights(store: WeightStore, modelId: string): Promise<StoredWeights | null> {
  const manifest = await readManifest(store, modelId);
  return manifest && verifiedWeights(manifest, (index) => store.shard(manifest.importId, index));
}

/** A model kept in memory, as an import hands it over when storage is full. */
export function openWeightsInMemory({ manifest, shards }: { manifest: Manifest; shards: Blob[] }): StoredWeights {
  return verifiedWeights(manifest, (index) => Promise.resolve(shards[index] ?? null));
}

function verifiedWeights(manifest: Manifest, fetchShard: (index: number) => Promise<Blob | null>): StoredWeights {
  const { modelId, shards } = manifest;
  return {
    manifest,
    async readShard(index) {
      const shard = await fetchShard(index).catch(unreadable);
      const expected = shards[index];
      const name = `Shard ${index + 1} of ${shards.length} of "${modelId}"`;
      if (!shard || !expected)
        throw new HearthError('weights-corrupt', `${name} is not in the store; expected it there.`);
      const found = shard.size === expected.bytes ? await blobChecksum(shard).catch(unreadable) : null;
      if (found !== expected.checksum) {
        throw new HearthError(
          'weights-corrupt',
          `${name} has ${shard.size} bytes with checksum ${found ?? 'unknown'}; ` +
            `expected ${expected.bytes} bytes with ${expected.checksum}.`,
        );
      }
      return shard;
    },
  };
}

/** A file behind a Blob that is gone or broken cannot be told from a missing shard. */
function unreadable(): null {
  return null;
}
