/** What this browser holds of a model: the whole of it, the beginning of it, or (when nothing may be stored) its bytes in memory. */
import { PACKED_FORMAT_VERSION } from '../quant/format';
import type { Precision } from './choose-formats';
import type { Manifest } from './manifest';
import type { PartialImport } from './store';

export interface ModelRecord {
  modelId: string;
  /** `partial`: an import that has not ended; the next one goes on behind it. */
  state: 'partial' | 'stored' | 'in-memory';
  /** As it was asked for, see Manifest. */
  precision: Precision | null;
  /** Null for a partial one. */
  manifest: Manifest | null;
  /** The line of text that names its source; null while that is not written down yet. */
  from: string | null;
  /** On the disk, shards of an import that has not ended included. */
  storedBytes: number;
  /** Of the source's weight files, how much need not be fetched again; 0 when nothing is under way. */
  keptBytes: number;
  /** Somebody is importing it right now, in this tab or in another one. */
  fetching: boolean;
}

export interface HeldModel {
  modelId: string;
  manifest: Manifest | null;
  partial: PartialImport | null;
  inMemory: Manifest | null;
  fetching: boolean;
}

/** Null when there is nothing, and nothing on its way. */
export function recordOf({ modelId, manifest, partial, inMemory, fetching }: HeldModel): ModelRecord | null {
  const usable = manifest?.formatVersion === PACKED_FORMAT_VERSION ? manifest : null;
  const found = inMemory ?? usable;
  if (!found && !manifest && !partial && !fetching) return null;
  return {
    modelId,
    state: inMemory ? 'in-memory' : usable ? 'stored' : 'partial',
    manifest: found,
    precision: (found ?? partial)?.precision ?? null,
    from: partial?.sourceId ?? found?.source.id ?? found?.source.url ?? null,
    storedBytes: shardBytes(manifest) + shardBytes(partial),
    keptBytes: partial ? takenBytes(partial) : 0,
    fetching,
  };
}

function shardBytes(held: Manifest | PartialImport | null): number {
  return held?.shards.reduce((sum, { bytes }) => sum + bytes, 0) ?? 0;
}

function takenBytes({ files, cursor }: PartialImport): number {
  const before = files.slice(0, cursor.file).reduce((sum, { version }) => sum + (version.sizeBytes ?? 0), 0);
  return before + cursor.positionBytes;
}
