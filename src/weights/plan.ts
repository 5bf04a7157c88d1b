/**
 * The plan of an import, made before the first weight is fetched: which bytes of which source file become which rows of which
 * packed tensor, at which place of which shard. It follows the source from front to back, so that the download is one
 * stream, and fills one shard after the other, so that a shard is whole and stored before the next begins. It depends on
 * nothing but its arguments: the same model gives the same shards, byte for byte.
 */
import { invariant, present } from '../lib/invariant';
import { roundUp } from '../lib/shapes';
import { type PackedFormat, rowLayout } from '../quant/format';
import type { CheckpointFile } from './formats/checkpoint';
import { FLOAT_BYTES, type FloatType } from './formats/floats';
import { locateParts, type LocatedPart } from './locate';
import type { ShardRange, Slab, StoredTensor } from './manifest';
import type { WeightSpec } from './spec';

/** Whole rows of one source tensor, few enough to hold in memory, and the place of their packed bits. */
export interface RowBlock {
  /** Index into the checkpoint's files. */
  file: number;
  startBytes: number;
  dtype: FloatType;
  source: string;
  rows: number;
  width: number;
  format: PackedFormat;
  /** Offsets in the shard; `scalesOffsetBytes` means nothing for float formats. */
  codesOffsetBytes: number;
  scalesOffsetBytes: number;
  /** See WeightPart. */
  plus?: number;
}

export interface ShardPlan {
  bytes: number;
  /** In the order of the source. */
  blocks: RowBlock[];
}

export interface ImportPlan {
  /** In the order of the specs. */
  tensors: StoredTensor[];
  shards: ShardPlan[];
}

export interface PlanSizes {
  /** No shard is larger. */
  shardBytes: number;
  /** Source bytes of one row block, as long as a row is not larger. */
  blockBytes: number;
}

export const DEFAULT_SIZES: PlanSizes = { shardBytes: 64 * 2 ** 20, blockBytes: 4 * 2 ** 20 };

/** A shard range can be bound to a GPU buffer as it lies. */
const ALIGNMENT_BYTES = 256;

/**
 * @param formats for every spec, by name
 * @throws HearthError `bad-file` when the files lack a tensor, hold one too many or one of another shape;
 * `unsupported-model` for tensors that are no BF16, F16 or F32.
 */
export function planImport(
  specs: readonly WeightSpec[],
  files: readonly CheckpointFile[],
  formats: ReadonlyMap<string, PackedFormat>,
  sizes: PlanSizes = DEFAULT_SIZES,
): ImportPlan {
  const tensors = specs.map(({ name, parts, width }): StoredTensor => {
    const rows = parts.reduce((sum, part) => sum + part.rows, 0);
    return { name, format: present(formats.get(name), `format of ${name}`), rows, width, slabs: [] };
  });
  const shards: ShardPlan[] = [];
  for (const part of locateParts(specs, files)) {
    placeRows(part, present(tensors[part.spec], `spec ${part.spec}`), shards, sizes);
  }
  for (const { slabs } of tensors) slabs.sort((a, b) => a.firstRow - b.firstRow);
  return { tensors, shards };
}

/** Appends a part's rows to the last shard, and to further ones where they do not fit. */
function placeRows(part: LocatedPart, tensor: StoredTensor, shards: ShardPlan[], sizes: PlanSizes): void {
  for (let done = 0; done < part.rows;) {
    const shard = shards.at(-1);
    const rows = Math.min(part.rows - done, shard ? rowsThatFit(tensor, shard.bytes, sizes.shardBytes) : 0);
    if (!shard || (rows === 0 && shard.bytes > 0)) {
      shards.push({ bytes: 0, blocks: [] });
      continue;
    }
    invariant(rows > 0, `a row of ${tensor.name} fits a shard of ${sizes.shardBytes} bytes`);
    const slab = appendSlab(shard, shards.length - 1, tensor, part.firstRow + done, rows);
    shard.blocks.push(...cutBlocks(part, done, slab, tensor, sizes.blockBytes));
    done += rows;
  }
}

function rowsThatFit(tensor: StoredTensor, usedBytes: number, shardBytes: number): number {
  const { codeBytes, scaleBytes } = rowBytes(tensor);
  const alignment = scaleBytes > 0 ? ALIGNMENT_BYTES - 1 : 0; // at most this much between codes and scales
  const room = shardBytes - roundUp(usedBytes, ALIGNMENT_BYTES) - alignment;
  return Math.max(0, Math.floor(room / (codeBytes + scaleBytes)));
}

function appendSlab(shard: ShardPlan, index: number, tensor: StoredTensor, firstRow: number, rows: number): Slab {
  const { codeBytes, scaleBytes } = rowBytes(tensor);
  const append = (bytes: number): ShardRange => {
    const offsetBytes = roundUp(shard.bytes, ALIGNMENT_BYTES);
    shard.bytes = offsetBytes + bytes;
    return { shard: index, offsetBytes, bytes };
  };
  const codes = append(rows * codeBytes);
  const scales = scaleBytes > 0 ? append(rows * scaleBytes) : null;
  const slab = { firstRow, rows, codes, scales };
  tensor.slabs.push(slab);
  return slab;
}

/** A slab's rows as blocks of at most `blockBytes` of source. @param partRow the slab's first row within the part. */
function cutBlocks(
  part: LocatedPart,
  partRow: number,
  slab: Slab,
  tensor: StoredTensor,
  blockBytes: number,
): RowBlock[] {
  const { width, format } = tensor;
  const { codeBytes, scaleBytes } = rowBytes(tensor);
  const sourceRowBytes = width * FLOAT_BYTES[part.dtype];
  const blockRows = Math.max(1, Math.floor(blockBytes / sourceRowBytes));
  const blocks: RowBlock[] = [];
  for (let row = 0; row < slab.rows; row += blockRows) {
    blocks.push({
      file: part.file,
      startBytes: part.startBytes + (partRow + row) * sourceRowBytes,
      dtype: part.dtype,
      source: part.source,
      rows: Math.min(blockRows, slab.rows - row),
      width,
      format,
      codesOffsetBytes: slab.codes.offsetBytes + row * codeBytes,
      scalesOffsetBytes: (slab.scales?.offsetBytes ?? 0) + row * scaleBytes,
      ...(part.plus && { plus: part.plus }),
    });
  }
  return blocks;
}

function rowBytes({ format, width }: StoredTensor): { codeBytes: number; scaleBytes: number } {
  const { codeWordsPerRow, scaleWordsPerRow } = rowLayout(format, width);
  return { codeBytes: 4 * codeWordsPerRow, scaleBytes: 4 * scaleWordsPerRow };
}
