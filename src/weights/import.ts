/**
 * One import, from a GGUF file or a folder of files to a stored model: read the texts, open the headers, plan, then stream, quantise and
 * store shard by shard, the manifest last. After every shard the partial record says what a second start may build upon, so
 * the import can be cut anywhere. Locks, requests and models stored already are `importer.ts`'s business.
 */
import { HearthError, throwIfAborted } from '../lib/errors';
import { type PackedFormat, PACKED_FORMAT_VERSION } from '../quant/format';
import { formatsFor, type Precision } from './choose-formats';
import { assertFitsCpu } from './cpu-limit';
import { SourceCursor, START } from './cursor';
import type { Checkpoint } from './formats/checkpoint';
import { parseJson } from './formats/texts';
import { checksum } from './hash';
import { ImportTarget, type InMemoryShards } from './import-target';
import type { Manifest } from './manifest';
import { openModel } from './open-model';
import { ShardPacker } from './pack-shard';
import { DEFAULT_SIZES, type ImportPlan, planImport, type PlanSizes } from './plan';
import type { ReadAheadPolicy, ReadOptions, RetryPolicy } from './sources/reader';
import { isSameVersion, type Source, SourceChangedError } from './sources/source';
import type { Describe, WeightSpec } from './spec';
import type { PartialImport, WeightStore } from './store';

/** `loadedBytes` of `totalBytes` of weight files; both 0 while checking. */
export interface ImportProgress {
  phase: 'check' | 'download' | 'store';
  loadedBytes: number;
  totalBytes: number;
}

export interface ImportJob {
  modelId: string;
  source: Source;
  /** The file of it that is the whole model, of a split GGUF any part; null for a folder in Hugging Face layout. */
  file?: string | null;
  /** Names the source in the records, so that a second start knows it again; its address if absent. */
  sourceId?: string;
  store: WeightStore;
  describe: Describe;
  /** Refuses, before any weights are fetched, what is too large to run without a graphics adapter. */
  forCpu?: boolean;
  /** Null: GGUF as it is; else int4, and int8 where it pays most. */
  precision?: Precision | null;
  sizes?: PlanSizes;
  retry?: RetryPolicy;
  readAhead?: ReadAheadPolicy;
  signal?: AbortSignal;
  onProgress?: (progress: ImportProgress) => void;
}

export interface Imported {
  manifest: Manifest;
  /** The shards themselves, when the browser refused to store them; null when they are stored. */
  inMemory: InMemoryShards | null;
}

/** Files that change under the download are tried this many times from the start. */
const MAX_STARTS = 3;

/**
 * @throws HearthError `network`, `not-found`, `bad-file`, `unsupported-model`, `aborted`. Shards stored so far stay, and the
 * next call goes on behind them.
 */
export async function importModel(job: ImportJob): Promise<Imported> {
  for (let starts = 1; ; starts++) {
    try {
      return await importOnce(job);
    } catch (error) {
      throwIfAborted(job.signal);
      if (!(error instanceof SourceChangedError) || starts === MAX_STARTS) throw error;
    }
  }
}

async function importOnce(job: ImportJob): Promise<Imported> {
  const { modelId, source, store, signal, onProgress } = job;
  const reading: ReadOptions = { retry: job.retry, readAhead: job.readAhead, signal };
  onProgress?.({ phase: 'check', loadedBytes: 0, totalBytes: 0 });
  const { texts, textFiles, openCheckpoint } = await openModel(source, job.file ?? null, reading);
  const specs = await job.describe(parseJson(texts['config.json'], 'config.json'));
  if (job.forCpu) assertFitsCpu(specs);
  const checkpoint = await openCheckpoint();
  const target = new ImportTarget(store);
  const { plan, partial: begun } = await planOrResume(job, specs, checkpoint, target, reading);

  const totalBytes = checkpoint.files.reduce((sum, { bytes }) => sum + bytes, 0);
  const cursor = await SourceCursor.create(source, checkpoint.files, begun.cursor, {
    ...reading,
    hasRanges: checkpoint.hasRanges,
    onProgress: (loadedBytes) => onProgress?.({ phase: 'download', loadedBytes, totalBytes }),
  });
  let partial = begun;
  let sha256: string[];
  try {
    const packer = new ShardPacker();
    for (const shard of plan.shards.slice(begun.shards.length)) {
      const bytes = await packer.pack(shard, cursor, signal);
      const stored = { bytes: bytes.length, checksum: await checksum(bytes) };
      await target.saveShard(partial.importId, partial.shards.length, new Blob([bytes]));
      partial = { ...partial, shards: [...partial.shards, stored], cursor: cursor.state };
      await target.savePartial(partial);
    }
    sha256 = await cursor.finish();
    await refuseForgeries(source, checkpoint, sha256, () =>
      target.savePartial({ ...begun, shards: [], cursor: START }),
    );
  } finally {
    cursor.close();
  }
  throwIfAborted(signal);

  onProgress?.({ phase: 'store', loadedBytes: totalBytes, totalBytes });
  const weightFiles = checkpoint.files.map(({ path, bytes, version }, i) => {
    return { path, bytes, sha256: sha256[i]!, etag: version.validator };
  });
  const manifest: Manifest = {
    formatVersion: PACKED_FORMAT_VERSION,
    modelId,
    importId: partial.importId,
    source: { id: job.sourceId, url: source.url, files: [...textFiles, ...weightFiles] },
    texts,
    precision: partial.precision,
    tensors: plan.tensors,
    shards: partial.shards,
    createdAt: new Date().toISOString(),
  };
  await target.finish(manifest);
  if (!target.inMemory) await sweep(store); // the former import of this model
  return { manifest, inMemory: target.inMemory };
}

/**
 * Holds the files against the publisher's digests, where there are some.
 * @param startOver makes the next start fetch everything again.
 */
async function refuseForgeries(
  source: Source,
  { files }: Checkpoint,
  sha256: readonly string[],
  startOver: () => Promise<void>,
): Promise<void> {
  for (const [i, { path }] of files.entries()) {
    const expected = source.sha256?.(path) ?? null;
    if (expected === null || expected === sha256[i]) continue;
    await startOver();
    throw new HearthError(
      'bad-file',
      `${source.url}${path} came with SHA-256 ${sha256[i]}; its publisher says ${expected}.`,
      { hint: 'Download it again; if it happens again, the file or the line has been tampered with.' },
    );
  }
}

/** The plan, with the import that has begun to carry it out or a new one. */
async function planOrResume(
  { modelId, source, sourceId = source.url, store, precision = null, sizes = DEFAULT_SIZES }: ImportJob,
  specs: readonly WeightSpec[],
  checkpoint: Checkpoint,
  target: ImportTarget,
  reading: ReadOptions,
): Promise<{ plan: ImportPlan; partial: PartialImport }> {
  const planWith = async (formats: ReadonlyMap<string, PackedFormat>) => {
    const plan = planImport(specs, checkpoint.files, formats, sizes);
    return { plan, planChecksum: await checksum(new TextEncoder().encode(JSON.stringify(plan))) };
  };

  const begun = await store.partial(modelId).catch(() => null);
  if (begun && (await isResumable(begun, sourceId, specs, checkpoint, precision, store))) {
    const { plan, planChecksum } = await planWith(new Map(Object.entries(begun.formats)));
    if (planChecksum === begun.planChecksum) return { plan, partial: begun };
  }

  const formats = await formatsFor(specs, source, checkpoint, precision, reading);
  const { plan, planChecksum } = await planWith(formats);
  const partial: PartialImport = {
    formatVersion: PACKED_FORMAT_VERSION,
    modelId,
    importId: randomId(),
    sourceId,
    precision,
    files: checkpoint.files.map(({ path, version }) => ({ path, version })),
    formats: Object.fromEntries(formats),
    planChecksum,
    shards: [],
    cursor: START,
  };
  await target.savePartial(partial);
  if (!target.inMemory) await sweep(store); // what an earlier start has left
  return { plan, partial };
}

/** True when the files are still those whose first shards are stored, and the shards are there. */
async function isResumable(
  begun: PartialImport,
  sourceId: string,
  specs: readonly WeightSpec[],
  { files }: Checkpoint,
  precision: Precision | null,
  store: WeightStore,
): Promise<boolean> {
  const sameWork =
    begun.formatVersion === PACKED_FORMAT_VERSION &&
    begun.sourceId === sourceId &&
    begun.precision === precision &&
    specs.every(({ parts }) => parts.every((part) => Object.hasOwn(begun.formats, part.source)));
  const sameFiles =
    begun.files.length === files.length &&
    begun.files.every(({ path, version }, i) => path === files[i]!.path && isSameVersion(version, files[i]!.version));
  if (!sameWork || !sameFiles) return false;
  for (const [index, { bytes }] of begun.shards.entries()) {
    const shard = await store.shard(begun.importId, index).catch(() => null);
    if (shard?.size !== bytes) return false;
  }
  return true;
}

/** Makes room. What cannot be deleted now waits for the next time: it fails no import. */
async function sweep(store: WeightStore): Promise<void> {
  await store.sweep().catch(() => {});
}

/** 128 random bits. (`crypto.randomUUID` is missing on plain http.) */
function randomId(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
