/**
 * Where imported models live. A model is a manifest and its shards; an import under way is a partial record and the shards it
 * has stored so far. Shards are keyed by import, so a new import of a model never touches the shards of the old one, and the
 * manifest is what makes the switch. `indexed-db-store.ts` keeps all this over visits, `memory-store.ts` for one session.
 */
import type { PackedFormat } from '../quant/format';
import type { Precision } from './choose-formats';
import type { CursorState } from './cursor';
import type { Manifest, StoredShard } from './manifest';
import type { FileVersion } from './sources/source';

/** An import under way: all that a second start needs to go on where the first one ended. */
export interface PartialImport {
  formatVersion: number;
  modelId: string;
  importId: string;
  /** See `ImportJob`. */
  sourceId: string;
  precision: Precision | null;
  /** The weight files as they were; others mean starting over. */
  files: { path: string; version: FileVersion }[];
  /** The format chosen for each source tensor, by its name. */
  formats: Record<string, PackedFormat>;
  /** Of the plan; a plan that comes out differently means starting over. */
  planChecksum: string;
  /** The shards stored so far, the first ones of the plan. */
  shards: StoredShard[];
  /** Where in the source the next shard begins. */
  cursor: CursorState;
}

/** Every method may reject with a DOMException when the browser refuses (QuotaExceededError above all). */
export interface WeightStore {
  manifest(modelId: string): Promise<Manifest | null>;
  manifests(): Promise<Manifest[]>;
  partial(modelId: string): Promise<PartialImport | null>;
  partials(): Promise<PartialImport[]>;
  savePartial(partial: PartialImport): Promise<void>;
  /** Replaces the model's partial record and its former manifest in one transaction. */
  finish(manifest: Manifest): Promise<void>;
  /** Deletes what an import under way has stored; a model that is whole stays. Unknown ids are ignored. */
  removePartial(modelId: string): Promise<void>;
  /** Deletes what is known of a model, shards last. Unknown ids are ignored. */
  remove(modelId: string): Promise<void>;
  shard(importId: string, index: number): Promise<Blob | null>;
  saveShard(importId: string, index: number, shard: Blob): Promise<void>;
  /** Deletes the shards that no manifest and no partial record knows. */
  sweep(): Promise<void>;
}
