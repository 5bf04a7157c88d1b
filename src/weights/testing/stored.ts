/** Looking at what an import has stored. */
import { present } from '../../lib/invariant';
import { type PackedMatrix, rowLayout } from '../../quant/format';
import { unpack } from '../../quant/unpack';
import { openStoredWeights } from '../load';
import type { Manifest, StoredWeights } from '../manifest';
import type { WeightStore } from '../store';

/** A stored model. @throws when there is none. */
export async function storedModel(store: WeightStore, modelId: string): Promise<StoredWeights> {
  return present(await openStoredWeights(store, modelId), `stored model ${modelId}`);
}

/** What two imports of the same files must have in common: all but names, dates and addresses; shards as base64. */
export async function essence({ manifest, readShard }: StoredWeights) {
  const { texts, tensors, shards, source, formatVersion } = manifest;
  const bytes: string[] = [];
  for (const index of shards.keys()) {
    bytes.push(Buffer.from(await (await readShard(index)).arrayBuffer()).toString('base64'));
  }
  return {
    formatVersion,
    texts,
    tensors,
    shards,
    bytes,
    sha256: source.files.map(({ path, sha256 }) => [path, sha256]),
  };
}

/** One packed tensor put together from its slabs. */
export async function readTensor({ manifest, readShard }: StoredWeights, name: string): Promise<PackedMatrix> {
  const tensor = present(
    manifest.tensors.find((other) => other.name === name),
    name,
  );
  const { format, rows, width, slabs } = tensor;
  const { codeWordsPerRow, scaleWordsPerRow } = rowLayout(format, width);
  const codes = new Uint32Array(rows * codeWordsPerRow);
  const scales = new Uint32Array(rows * scaleWordsPerRow);
  for (const slab of slabs) {
    codes.set(await readWords(readShard, slab.codes), slab.firstRow * codeWordsPerRow);
    if (slab.scales) scales.set(await readWords(readShard, slab.scales), slab.firstRow * scaleWordsPerRow);
  }
  return { format, rows, width, codes, scales };
}

/** A tensor's rows as numbers, whatever formats they are packed in // [rows][width] */
export async function readWeights({ manifest, readShard }: StoredWeights, name: string): Promise<Float32Array> {
  const { format, rows, width, slabs } = present(
    manifest.tensors.find((tensor) => tensor.name === name),
    name,
  );
  const weights = new Float32Array(rows * width);
  for (const slab of slabs) {
    const codes = await readWords(readShard, slab.codes);
    const scales = slab.scales ? await readWords(readShard, slab.scales) : new Uint32Array();
    weights.set(
      unpack({ format: slab.format ?? format, rows: slab.rows, width, codes, scales }),
      slab.firstRow * width,
    );
  }
  return weights;
}

type Range = Manifest['tensors'][number]['slabs'][number]['codes'];

async function readWords(readShard: StoredWeights['readShard'], { shard, offsetBytes, bytes }: Range) {
  const blob = await readShard(shard);
  return new Uint32Array(await blob.slice(offsetBytes, offsetBytes + bytes).arrayBuffer());
}
