/**
 * Reads a checkpoint's files one after another, each from its first byte to its last, and hashes every byte on the way. Where
 * it stands can be saved, hash state included, so that a later session goes on and still arrives at the SHA-256 of the whole
 * file.
 */
import { invariant } from '../lib/invariant';
import type { CheckpointFile } from './formats/checkpoint';
import { createSha256, type Sha256 } from './hash';
import { openReader, type RangeReader } from './sources/read-ahead';
import type { ReadOptions } from './sources/reader';
import type { Source } from './sources/source';

export interface CursorState {
  /** Index of the file being read, and the next byte of it. */
  file: number;
  positionBytes: number;
  /** State of the SHA-256 over the bytes before; null at a file's first byte. */
  hash: Uint8Array | null;
  /** SHA-256 of the files before, hex. */
  sha256: string[];
}

export const START: CursorState = { file: 0, positionBytes: 0, hash: null, sha256: [] };

/** Bytes between tensors are read in pieces of this size. */
const SKIP_BYTES = 2 ** 20;

export interface CursorOptions extends ReadOptions {
  /** Whether the source gives ranges, so that it can be read over several connections. */
  hasRanges?: boolean;
  /** Bytes that have arrived of all files together, those before `state` included. */
  onProgress?: (loadedBytes: number) => void;
}

export class SourceCursor {
  readonly #sha256: string[];
  #file: number;
  #positionBytes: number;
  #reader: RangeReader | null = null;
  #skipped: Uint8Array | null = null;

  private constructor(
    readonly source: Source,
    readonly files: readonly CheckpointFile[],
    readonly hasher: Sha256,
    state: CursorState,
    readonly options: CursorOptions,
  ) {
    this.#file = state.file;
    this.#positionBytes = state.positionBytes;
    this.#sha256 = [...state.sha256];
  }

  static async create(
    source: Source,
    files: readonly CheckpointFile[],
    state: CursorState,
    options: CursorOptions = {},
  ): Promise<SourceCursor> {
    const hasher = await createSha256();
    if (state.hash) hasher.load(state.hash);
    return new SourceCursor(source, files, hasher, state, options);
  }

  get state(): CursorState {
    const hash = this.#positionBytes === 0 ? null : this.hasher.save();
    return { file: this.#file, positionBytes: this.#positionBytes, hash, sha256: [...this.#sha256] };
  }

  /**
   * Fills `target` with a file's bytes from `startBytes` on, which must not lie before what was read already.
   * @throws as `SourceReader.read`.
   */
  async read(file: number, startBytes: number, target: Uint8Array): Promise<void> {
    while (this.#file < file) await this.#finishFile();
    invariant(file === this.#file && startBytes >= this.#positionBytes, 'a source is read from front to back');
    await this.#skipTo(startBytes);
    await this.#take(target);
  }

  /** Reads all that is left. @returns the SHA-256 of each file, hex. @throws as `SourceReader.read`. */
  async finish(): Promise<string[]> {
    while (this.#file < this.files.length) await this.#finishFile();
    return this.#sha256;
  }

  /** Hangs up. */
  close(): void {
    this.#reader?.close();
    this.#reader = null;
  }

  async #finishFile(): Promise<void> {
    await this.#skipTo(this.files[this.#file]!.bytes);
    this.close();
    this.#sha256.push(this.hasher.digest());
    this.hasher.init();
    this.#file++;
    this.#positionBytes = 0;
  }

  async #skipTo(endBytes: number): Promise<void> {
    while (this.#positionBytes < endBytes) {
      const scratch = (this.#skipped ??= new Uint8Array(SKIP_BYTES));
      await this.#take(scratch.subarray(0, endBytes - this.#positionBytes));
    }
  }

  async #take(target: Uint8Array): Promise<void> {
    this.#reader ??= this.#open();
    await this.#reader.read(target);
    this.hasher.update(target);
    this.#positionBytes += target.length;
  }

  #open(): RangeReader {
    const { path, version, bytes } = this.files[this.#file]!;
    const range = { startBytes: this.#positionBytes, endBytes: bytes };
    const beforeBytes = this.files.slice(0, this.#file).reduce((sum, file) => sum + file.bytes, this.#positionBytes);
    return openReader(this.source, path, range, version, {
      ...this.options,
      onArrive: (arrivedBytes) => this.options.onProgress?.(beforeBytes + arrivedBytes),
    });
  }
}
