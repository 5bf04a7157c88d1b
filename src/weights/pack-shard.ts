/**
 * One shard of a plan: its rows are read, packed, and laid where the plan says. Blocks of GGUF are packed as they are where
 * the format holds them, rows that are packed already stay so; everything else is turned into f32 and packed from that.
 */
import { HearthError, throwIfAborted } from '../lib/errors';
import { formatName, type PackedMatrix, rowLayout } from '../quant/format';
import { isBlockType } from '../quant/ggml/blocks';
import { holdsBlocks, repackBlocks } from '../quant/ggml/repack';
import { packRows } from '../quant/pack';
import type { SourceCursor } from './cursor';
import { isPackedType, readPackedRows } from './formats/packed-types';
import { decodeRows, sourceRowBytes } from './formats/weight-types';
import type { RowBlock, ShardPlan } from './plan';

/** Gives a file's bytes; a shard's blocks are asked for in the order of the source. @throws as `SourceReader.read`. */
export type BlockSource = Pick<SourceCursor, 'read'>;

/** Keeps its buffers from shard to shard, so that memory does not depend on the model's size. */
export class ShardPacker {
  #shard = new Uint8Array();
  #source = new Uint8Array();
  #weights = new Float32Array();

  /**
   * @returns the shard's bytes, valid until the next call // [shard.bytes]
   * @throws HearthError `bad-file` for weights that cannot be packed, `aborted`, and as `SourceCursor.read`.
   */
  async pack(shard: ShardPlan, cursor: BlockSource, signal?: AbortSignal): Promise<Uint8Array<ArrayBuffer>> {
    if (this.#shard.length < shard.bytes) this.#shard = new Uint8Array(shard.bytes);
    const target = this.#shard.subarray(0, shard.bytes).fill(0);
    for (const block of shard.blocks) {
      const source = await this.#read(block, cursor);
      layRows(block, this.#pack(block, source), target);
      await nextTask();
      throwIfAborted(signal);
    }
    return target;
  }

  /** @returns the block's bytes // [rows][sourceRowBytes] */
  async #read(
    { rows, width, dtype, file, startBytes }: RowBlock,
    cursor: BlockSource,
  ): Promise<Uint8Array<ArrayBuffer>> {
    const sourceBytes = rows * sourceRowBytes(dtype, width);
    if (this.#source.length < sourceBytes) this.#source = new Uint8Array(sourceBytes);
    const source = this.#source.subarray(0, sourceBytes);
    await cursor.read(file, startBytes, source);
    return source;
  }

  #pack({ source: name, dtype, rows, width, format, plus }: RowBlock, source: Uint8Array<ArrayBuffer>): PackedMatrix {
    try {
      if (isBlockType(dtype) && holdsBlocks(format, dtype)) return repackBlocks(dtype, source, rows, width, format);
      if (isPackedType(dtype) && dtype === formatName(format)) return readPackedRows(dtype, source, rows, width);
      const elements = rows * width;
      if (this.#weights.length < elements) this.#weights = new Float32Array(elements);
      const weights = this.#weights.subarray(0, elements);
      decodeRows(dtype, source, rows, width, weights);
      if (plus) weights.forEach((weight, i) => (weights[i] = weight + plus));
      return packRows(weights, rows, width, format);
    } catch (cause) {
      if (!(cause instanceof HearthError)) throw cause;
      const { code, message, hint } = cause;
      throw new HearthError(code, `Tensor "${name}" cannot be packed: ${message}`, { hint, cause });
    }
  }
}

/** Packed rows to their places; those of paired heads to the halves that the pages want. */
function layRows(
  { pairedRows, codesOffsetBytes, scalesOffsetBytes }: RowBlock,
  packed: PackedMatrix,
  target: Uint8Array,
) {
  const { codeWordsPerRow, scaleWordsPerRow } = rowLayout(packed.format, packed.width);
  const lay = (words: Uint32Array, wordsPerRow: number, offsetBytes: number) => {
    const bytes = new Uint8Array(words.buffer);
    if (pairedRows === undefined) {
      target.set(bytes, offsetBytes);
      return;
    }
    const rowBytes = 4 * wordsPerRow;
    for (let row = 0; row < packed.rows; row++) {
      const place = offsetBytes + halvesRow(row, pairedRows) * rowBytes;
      target.set(bytes.subarray(row * rowBytes, (row + 1) * rowBytes), place);
    }
  };
  lay(packed.codes, codeWordsPerRow, codesOffsetBytes);
  lay(packed.scales, scaleWordsPerRow, scalesOffsetBytes);
}

/** Where a row of heads in pairs (2i, 2i + 1) goes so that they become halves (i, i + headRows / 2). */
function halvesRow(row: number, headRows: number): number {
  const inHead = row % headRows;
  return row - inHead + (inHead >> 1) + (inHead & 1) * (headRows / 2);
}

/** Lets the thread hear messages (an abort, say) even when the network is faster than we are. */
function nextTask(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve));
}
