/**
 * Reads a range of a file over several connections at once: the next pieces arrive beside each other, each as `reader.ts` reads,
 * and are handed out in order. What waits to be taken is bounded by the pieces' number and size, and their buffers are used
 * again, so memory does not grow with the file.
 */
import { HearthError } from '../../lib/errors';
import { present } from '../../lib/invariant';
import { DEFAULT_READ_AHEAD, type ReadOptions, SourceReader } from './reader';
import type { FileVersion, Source } from './source';

/** Takes a range's bytes from front to back. */
export interface RangeReader {
  /** Fills `target` completely. @throws as `SourceReader.read`. */
  read(target: Uint8Array): Promise<void>;
  /** Hangs up. */
  close(): void;
}

export interface ReadAheadOptions extends ReadOptions {
  hasRanges?: boolean;
  /** Told how many bytes of the range have arrived, taken or not. */
  onArrive?: (bytes: number) => void;
}

/**
 * The reader that suits the source: one connection where there are no ranges, and where nothing proves that two connections
 * see the same version of the file.
 */
export function openReader(
  source: Source,
  path: string,
  range: { startBytes: number; endBytes: number },
  version: FileVersion,
  options: ReadAheadOptions,
): RangeReader {
  const mayDivide = options.hasRanges === true && version.validator !== null;
  return mayDivide
    ? new ReadAhead(source, path, range, version, options)
    : new OneByOne(new SourceReader(source, path, range, version, options), options.onArrive);
}

/** One connection, that tells what has been taken. */
class OneByOne implements RangeReader {
  #takenBytes = 0;

  constructor(
    readonly reader: SourceReader,
    readonly onArrive: ReadAheadOptions['onArrive'],
  ) {}

  async read(target: Uint8Array): Promise<void> {
    await this.reader.read(target);
    this.onArrive?.((this.#takenBytes += target.length));
  }

  close(): void {
    this.reader.close();
  }
}

/** A part of the range on its way: taken as it arrives, so that a slow line is no reason to wait for all of it. */
class Piece {
  takenBytes = 0;
  #arrivedBytes = 0;
  #failure: { error: unknown } | null = null;
  #wake = () => {};

  constructor(
    readonly buffer: Uint8Array,
    readonly bytes: number,
  ) {}

  get isTaken(): boolean {
    return this.takenBytes === this.bytes;
  }

  put(chunk: Uint8Array): void {
    this.buffer.set(chunk, this.#arrivedBytes);
    this.#arrivedBytes += chunk.length;
    this.#wake();
  }

  /** Nothing more comes. */
  fail(error: unknown): void {
    this.#failure = { error };
    this.#wake();
  }

  /** At least one byte, and at most so many. @throws what the piece has failed with. */
  async take(maxBytes: number): Promise<Uint8Array> {
    while (this.#arrivedBytes === this.takenBytes) {
      if (this.#failure) throw this.#failure.error;
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
    const startBytes = this.takenBytes;
    this.takenBytes = Math.min(this.#arrivedBytes, startBytes + maxBytes);
    return this.buffer.subarray(startBytes, this.takenBytes);
  }
}

export class ReadAhead implements RangeReader {
  /** In the order of the file; all but the first are ahead. */
  readonly #pieces: Piece[] = [];
  readonly #free: Uint8Array[] = [];
  readonly #hangUp = new AbortController();
  #nextBytes: number;
  #arrivedBytes = 0;

  constructor(
    readonly source: Source,
    readonly path: string,
    readonly range: { startBytes: number; endBytes: number },
    readonly version: FileVersion,
    readonly options: ReadAheadOptions,
  ) {
    this.#nextBytes = range.startBytes;
  }

  async read(target: Uint8Array): Promise<void> {
    for (let filled = 0; filled < target.length;) {
      this.#fill();
      const piece = present(this.#pieces[0], `bytes of ${this.path} behind its end`);
      const part = await piece.take(target.length - filled);
      target.set(part, filled);
      filled += part.length;
      if (piece.isTaken) {
        this.#pieces.shift();
        this.#free.push(piece.buffer);
      }
    }
    this.#fill();
  }

  close(): void {
    this.#hangUp.abort();
  }

  /** Starts as many pieces as may be under way. */
  #fill(): void {
    const { connections, pieceBytes } = this.options.readAhead ?? DEFAULT_READ_AHEAD;
    while (this.#pieces.length < connections && this.#nextBytes < this.range.endBytes) {
      const startBytes = this.#nextBytes;
      const bytes = Math.min(pieceBytes, this.range.endBytes - startBytes);
      const piece = new Piece(this.#free.pop() ?? new Uint8Array(bytes), bytes);
      this.#pieces.push(piece);
      this.#nextBytes += bytes;
      this.#receive(startBytes, piece).catch((error: unknown) => piece.fail(error));
    }
  }

  async #receive(startBytes: number, piece: Piece): Promise<void> {
    const { signal } = this.options;
    const either = signal ? AbortSignal.any([signal, this.#hangUp.signal]) : this.#hangUp.signal;
    const range = { startBytes, endBytes: startBytes + piece.bytes };
    const reader = new SourceReader(this.source, this.path, range, this.version, { ...this.options, signal: either });
    try {
      while (reader.positionBytes < range.endBytes) {
        const chunk = await reader.readSome();
        if (!chunk) throw this.#cutOff(reader.positionBytes);
        piece.put(chunk);
        this.#arrivedBytes += chunk.length;
        this.options.onArrive?.(this.#arrivedBytes);
      }
    } finally {
      reader.close();
    }
  }

  #cutOff(atBytes: number): HearthError {
    return new HearthError(
      'bad-file',
      `${this.source.url}${this.path} ends after ${atBytes} bytes; expected ${this.range.endBytes}. The file is cut off.`,
    );
  }
}
