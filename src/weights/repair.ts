/**
 * Mends a stored model: each damaged shard is made anew from the bytes of the source that it was made of, and of nothing else.
 * The plan of an import depends only on the model and the formats chosen, which the manifest tells, so the same plan comes out;
 * the checksum that the manifest has of each shard proves it.
 */
import { HearthError } from '../lib/errors';
import type { Checkpoint } from './formats/checkpoint';
import { parseJson } from './formats/texts';
import { checksum } from './hash';
import type { ImportProgress } from './import';
import type { Manifest } from './manifest';
import { openWeights } from './open-model';
import { type BlockSource, ShardPacker } from './pack-shard';
import { DEFAULT_SIZES, formatsOfPlan, type ImportPlan, planImport, type PlanSizes } from './plan';
import type { Get } from './sources/http';
import { readRange, type ReadOptions } from './sources/reader';
import type { Source } from './sources/source';
import { UrlSource } from './sources/url';
import type { Describe } from './spec';
import type { WeightStore } from './store';
import { type Verification, verifyShards } from './verify';

export interface RepairJob extends ReadOptions {
  manifest: Manifest;
  store: WeightStore;
  describe: Describe;
  get: Get;
  sizes?: PlanSizes;
  onProgress: (progress: Omit<ImportProgress, 'phase'> & { phase: ImportProgress['phase'] | 'verify' }) => void;
}

/** @throws HearthError `weights-corrupt` when the source gives other bytes by now, or gives none; `network`, `aborted`. */
export async function repairShards(job: RepairJob): Promise<Verification> {
  const { manifest, store, signal, onProgress } = job;
  const found = await verifyShards(manifest.shards, (index) => store.shard(manifest.importId, index), {
    signal,
    onProgress: (loadedBytes, totalBytes) => onProgress({ phase: 'verify', loadedBytes, totalBytes }),
  });
  if (found.damaged.length === 0) return found;

  const { source, checkpoint, plan } = await planAgain(job);
  const blocks = new BlockReader(source, checkpoint, job);
  const totalBytes = found.damaged.reduce((sum, index) => sum + manifest.shards[index]!.bytes, 0);
  const packer = new ShardPacker();
  let loadedBytes = 0;
  for (const index of found.damaged) {
    onProgress({ phase: 'download', loadedBytes, totalBytes });
    const bytes = await packer.pack(plan.shards[index]!, blocks, signal);
    const made = await checksum(bytes);
    const { checksum: expected } = manifest.shards[index]!;
    if (made !== expected) {
      throw beyondRepair(manifest, `made shard ${index + 1} with checksum ${made} from it; expected ${expected}`);
    }
    await store.saveShard(manifest.importId, index, new Blob([bytes])).catch((cause: unknown) => {
      throw cause instanceof DOMException ? notStored(manifest, index, cause) : cause;
    });
    loadedBytes += bytes.length;
  }
  onProgress({ phase: 'store', loadedBytes, totalBytes });
  return found;
}

/** The source as it is now, and the plan of the import that made the model. */
async function planAgain(job: RepairJob): Promise<{ source: Source; checkpoint: Checkpoint; plan: ImportPlan }> {
  const { manifest, get, sizes = DEFAULT_SIZES } = job;
  const { url, files } = manifest.source;
  if (url.startsWith('file:'))
    throw beyondRepair(manifest, 'its files were given by hand, so they cannot be read again');
  const source = new UrlSource(url + queryOf(manifest), get);
  // One file that is the whole model has no config.json beside it.
  const isFolder = files.some(({ path }) => path === 'config.json');
  const checkpoint = await openWeights(source, isFolder ? null : (files[0]?.path ?? null), job);
  for (const { path, version } of checkpoint.files) {
    const before = files.find((file) => file.path === path);
    if (before && before.etag !== null && before.etag === version.validator) continue;
    throw beyondRepair(manifest, `nothing proves that ${path} is still the file it was made of`);
  }
  if (!checkpoint.hasRanges) throw beyondRepair(manifest, 'the server gives whole files only');
  const specs = await job.describe(parseJson(manifest.texts['config.json'], 'config.json'));
  const formats = formatsOfPlan(specs, manifest.tensors);
  const plan = planImport(specs, checkpoint.files, formats, sizes);
  const isSame = JSON.stringify(plan.tensors) === JSON.stringify(manifest.tensors);
  if (!isSame || plan.shards.length !== manifest.shards.length) {
    throw beyondRepair(manifest, 'models are laid out in another way by now');
  }
  return { source, checkpoint, plan };
}

/** What the address had behind its path when the model was fetched: some servers want a signature there. */
function queryOf({ source: { id = '' } }: Manifest): string {
  return URL.canParse(id) ? new URL(id).search : '';
}

function notStored({ modelId, shards }: Manifest, index: number, cause: DOMException): HearthError {
  return new HearthError(
    'storage-full',
    `The browser did not store shard ${index + 1} of ${shards.length} of "${modelId}" anew (${cause.message || cause.name}).`,
    { hint: 'Free some disk space or delete another model, then repair this one again.', cause },
  );
}

function beyondRepair({ modelId, source }: Manifest, reason: string): HearthError {
  return new HearthError('weights-corrupt', `"${modelId}" cannot be mended from ${source.url}: ${reason}.`, {
    hint: 'Delete the model and get it again.',
  });
}

/** One request for each block. */
class BlockReader implements BlockSource {
  constructor(
    readonly source: Source,
    readonly checkpoint: Checkpoint,
    readonly options: ReadOptions,
  ) {}

  async read(file: number, startBytes: number, target: Uint8Array): Promise<void> {
    const { path, version } = this.checkpoint.files[file]!;
    const { retry, signal } = this.options;
    const endBytes = startBytes + target.length;
    target.set(await readRange(this.source, path, startBytes, endBytes, version, { retry, signal }));
  }
}
