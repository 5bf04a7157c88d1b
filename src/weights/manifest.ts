/**
 * The record that makes a set of stored shards a model. It is written last: without a manifest there is no model.
 * A tensor too large for one shard is cut into slabs of whole rows; a slab never crosses a shard.
 */
import type { PackedFormat } from '../quant/format';
import type { Precision } from './choose-formats';

/** A run of bytes within one shard. */
export interface ShardRange {
  shard: number;
  offsetBytes: number; // multiple of 256, so that it can be bound or copied as it is
  bytes: number;
}

/** Whole rows of one packed tensor, contiguous in one shard. */
export interface Slab {
  firstRow: number;
  rows: number;
  /** Where it is not the tensor's: rows that came from a source tensor of another type. */
  format?: PackedFormat;
  codes: ShardRange;
  scales: ShardRange | null; // null for float formats
}

export interface StoredTensor {
  name: string;
  format: PackedFormat;
  rows: number;
  width: number;
  slabs: Slab[];
}

export interface StoredShard {
  bytes: number;
  /** Fast checksum of the stored bytes (xxHash64, hex), checked at every load. */
  checksum: string;
}

/** Text files kept beside the weights, by file name; those the checkpoint lacks are absent. */
export interface ModelTexts {
  'config.json': string;
  'tokenizer.json': string;
  'tokenizer_config.json'?: string;
  'generation_config.json'?: string;
  'chat_template.jinja'?: string;
}

export interface Manifest {
  /** PACKED_FORMAT_VERSION at the time of writing. */
  formatVersion: number;
  modelId: string;
  /** Names this very set of shards; a new import of the same model writes under a new one and then flips the manifest. */
  importId: string;
  /** Where it came from. `url` is the very folder that was read; `id` names the source, where that is not its address. */
  source: { id?: string; url: string; files: { path: string; bytes: number; sha256: string; etag: string | null }[] };
  texts: ModelTexts;
  /** What was asked for; null (or absent, in what was stored before there was a choice) for the usual. */
  precision?: Precision | null;
  tensors: StoredTensor[];
  shards: StoredShard[];
  createdAt: string; // ISO 8601
}

/** Stored weights as the engine reads them: the manifest, and each shard by its index, checksum already verified. */
export interface StoredWeights {
  manifest: Manifest;
  /** @throws HearthError `weights-corrupt` when the bytes are missing or fail their checksum. */
  readShard(index: number): Promise<Blob>;
}
