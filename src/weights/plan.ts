/**
 * The plan of an import, made before the first weight is fetched: which bytes of which source file become which rows of which
 * packed tensor, at which place of which shard. It follows the source from front to back, so that the download is one
 * stream, and fills one shard after the other, so that a shard is whole and stored before the next begins. It depends on
 * nothing but its arguments: the same model gives the same shards, byte for byte.
 */
import { invariant, present } from '../lib/invariant';
import { roundUp } from '../lib/shapes';
import { formatName, type PackedFormat, rowLayout } from '../quant/format';
import type { CheckpointFile } from './formats/checkpoint';
import { sourceRowBytes, type WeightType } from './formats/weight-types';
import { locateParts, type LocatedPart } from './locate';
import type { ShardRange, Slab, StoredTensor } from './manifest';
import type { WeightSpec } from './spec';

/** Whole rows of one source tensor, few enough to hold in memory, and the place of their packed bits. */
export interface RowBlock {
  /** Index into the checkpoint's files. */
  file: number;
  startBytes: number;
  dtype: WeightType;
  source: string;
  rows: number;
  width: number;
  /** Rows of a head whose rows change places (CheckpointTensor); a block then holds whole heads. */
  pairedRows?: number;
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
  /** Source bytes of one row block, as long as a row, or a head of paired rows, is not larger. */
  blockBytes: number;
}

export const DEFAULT_SIZES: PlanSizes = { shardBytes: 64 * 2 ** 20, blockBytes: 4 * 2 ** 20 };

/** A shard range can be bound to a GPU buffer as it lies. */
const ALIGNMENT_BYTES = 256;

/**
 * @param formats of every source tensor that a spec asks for, by the source's name
 * @throws HearthError `bad-file` when the files lack a tensor, hold one too many or one of another shape;
 * `unsupported-model` for tensors of a type that is no `WeightType`.
 */
export function planImport(
  specs: readonly WeightSpec[],
  files: readonly CheckpointFile[],
  formats: ReadonlyMap<string, PackedFormat>,
  sizes: PlanSizes = DEFAULT_SIZES,
): ImportPlan {
  const formatOf = (source: string) => present(formats.get(source), `format of ${source}`);
  const tensors = specs.map(({ name, parts, width }): StoredTensor => {
    const rows = parts.reduce((sum, part) => sum + part.rows, 0);
    return { name, format: formatOf(present(parts[0], `part of ${name}`).source), rows, width, slabs: [] };
  });
  const shards: ShardPlan[] = [];
  for (const part of locateParts(specs, files)) {
    placeRows(part, formatOf(part.source), present(tensors[part.spec], `spec ${part.spec}`), shards, sizes);
  }
  for (const { slabs } of tensors) slabs.sort((a, b) => a.firstRow - b.firstRow);
  return { tensors, shards };
}

/** The formats of a plan, read back from its tensors: with them `planImport` makes the same plan again. */
export function formatsOfPlan(
  specs: readonly WeightSpec[],
  tensors: readonly StoredTensor[],
): Map<string, PackedFormat> {
  const byName = new Map(tensors.map((tensor) => [tensor.name, tensor]));
  const formats = new Map<string, PackedFormat>();
  for (const { name, parts } of specs) {
    const { format: usual, slabs } = present(byName.get(name), `tensor ${name}`);
    let firstRow = 0;
    for (const { source, rows } of parts) {
      const slab = slabs.findLast((other) => other.firstRow <= firstRow);
      formats.set(source, slab?.format ?? usual);
      firstRow += rows;
    }
  }
  return formats;
}

/** Appends a part's rows to the last shard, and to further ones where they do not fit. Paired rows stay together. */
function placeRows(
  part: LocatedPart,
  format: PackedFormat,
  tensor: StoredTensor,
  shards: ShardPlan[],
  sizes: PlanSizes,
): void {
  const row = rowBytes(format, tensor.width);
  for (let done = 0; done < part.rows;) {
    const shard = shards.at(-1);
    const room = shard ? rowsThatFit(row, part.pairedRows ?? 1, shard.bytes, sizes.shardBytes) : 0;
    const rows = Math.min(part.rows - done, room);
    if (!shard || (rows === 0 && shard.bytes > 0)) {
      shards.push({ bytes: 0, blocks: [] });
      continue;
    }
    invariant(rows > 0, `a row of ${tensor.name}, or a head of paired rows, fits a shard of ${sizes.shardBytes} bytes`);
    const slab = appendSlab(shard, shards.length - 1, row, part.firstRow + done, rows);
    tensor.slabs.push(isSameFormat(format, tensor.format) ? slab : { ...slab, format });
    shard.blocks.push(...cutBlocks(part, done, slab, format, tensor.width, sizes.blockBytes));
    done += rows;
  }
}

interface RowBytes {
  codeBytes: number;
  scaleBytes: number;
}

/** A multiple of `together`. */
function rowsThatFit({ codeBytes, scaleBytes }: RowBytes, together: number, usedBytes: number, shardBytes: number) {
  const alignment = scaleBytes > 0 ? ALIGNMENT_BYTES - 1 : 0; // at most this much between codes and scales
  const room = shardBytes - roundUp(usedBytes, ALIGNMENT_BYTES) - alignment;
  return Math.max(0, Math.floor(room / ((codeBytes + scaleBytes) * together))) * together;
}

function appendSlab(shard: ShardPlan, index: number, row: RowBytes, firstRow: number, rows: number): Slab {
  const append = (bytes: number): ShardRange => {
    const offsetBytes = roundUp(shard.bytes, ALIGNMENT_BYTES);
    shard.bytes = offsetBytes + bytes;
    return { shard: index, offsetBytes, bytes };
  };
  const codes = append(rows * row.codeBytes);
  const scales = row.scaleBytes > 0 ? append(rows * row.scaleBytes) : null;
  return { firstRow, rows, codes, scales };
}

/** A slab's rows as blocks of at most `blockBytes` of source. @param partRow the slab's first row within the part. */
function cutBlocks(
  part: LocatedPart,
  partRow: number,
  slab: Slab,
  format: PackedFormat,
  width: number,
  blockBytes: number,
): RowBlock[] {
  const { codeBytes, scaleBytes } = rowBytes(format, width);
  const { file, dtype, source, pairedRows } = part;
  const sourceBytes = sourceRowBytes(dtype, width);
  const together = pairedRows ?? 1;
  const blockRows = Math.max(1, Math.floor(blockBytes / (sourceBytes * together))) * together;
  const blocks: RowBlock[] = [];
  for (let row = 0; row < slab.rows; row += blockRows) {
    blocks.push({
      file,
      startBytes: part.startBytes + (partRow + row) * sourceBytes,
      dtype,
      source,
      rows: Math.min(blockRows, slab.rows - row),
      width,
      pairedRows,
      format,
      codesOffsetBytes: slab.codes.offsetBytes + row * codeBytes,
      scalesOffsetBytes: (slab.scales?.offsetBytes ?? 0) + row * scaleBytes,
      ...(part.plus && { plus: part.plus }),
    });
  }
  return blocks;
}

function rowBytes(format: PackedFormat, width: number): RowBytes {
  const { codeWordsPerRow, scaleWordsPerRow } = rowLayout(format, width);
  return { codeBytes: 4 * codeWordsPerRow, scaleBytes: 4 * scaleWordsPerRow };
}

function isSameFormat(a: PackedFormat, b: PackedFormat): boolean {
  return formatName(a) === formatName(b);
}
