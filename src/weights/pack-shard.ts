/** One shard of a plan: its rows are read, turned into f32, packed, and laid where the plan says. */
import { HearthError, throwIfAborted } from '../lib/errors';
import { packRows } from '../quant/pack';
import type { SourceCursor } from './cursor';
import { decodeFloats, FLOAT_BYTES } from './formats/floats';
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
      const weights = await this.#read(block, cursor);
      this.#pack(block, weights, target);
      await nextTask();
      throwIfAborted(signal);
    }
    return target;
  }

  /** @returns the block's weights as f32 // [rows][width] */
  async #read(
    { rows, width, dtype, file, startBytes }: RowBlock,
    cursor: BlockSource,
  ): Promise<Float32Array<ArrayBuffer>> {
    const elements = rows * width;
    const sourceBytes = elements * FLOAT_BYTES[dtype];
    if (this.#source.length < sourceBytes) this.#source = new Uint8Array(sourceBytes);
    if (this.#weights.length < elements) this.#weights = new Float32Array(elements);
    const source = this.#source.subarray(0, sourceBytes);
    const weights = this.#weights.subarray(0, elements);
    await cursor.read(file, startBytes, source);
    decodeFloats(dtype, source, weights);
    return weights;
  }

  #pack(block: RowBlock, weights: Float32Array, target: Uint8Array): void {
    try {
      const { codes, scales } = packRows(weights, block.rows, block.width, block.format);
      target.set(new Uint8Array(codes.buffer), block.codesOffsetBytes);
      if (scales.length > 0) target.set(new Uint8Array(scales.buffer), block.scalesOffsetBytes);
    } catch (cause) {
      if (!(cause instanceof HearthError)) throw cause;
      const { code, message, hint } = cause;
      throw new HearthError(code, `Tensor "${block.source}" cannot be packed: ${message}`, { hint, cause });
    }
  }
}

/** Lets the thread hear messages (an abort, say) even when the network is faster than we are. */
function nextTask(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve));
}
