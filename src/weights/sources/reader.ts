/**
 * Reads one file of a source from front to back as if connections never broke: a broken or silent one is opened again where
 * it ended, after a growing pause and at the file's own address, for the link that it once led to may have run out. Bytes of two
 * versions of a file are never put together. Every byte that arrives starts the count of tries anew, so a slow line that breaks
 * often still gets there.
 */
import { HearthError, throwIfAborted } from '../../lib/errors';
import {
  type ByteRange,
  contradicts,
  type FileVersion,
  isSameVersion,
  RefusedError,
  type Source,
  SourceChangedError,
} from './source';

export interface RetryPolicy {
  /** Pauses before each further try; after the last one the read fails. */
  delaysMs: readonly number[];
  /** A connection that sends nothing for this long counts as broken. */
  stallMs: number;
}

export const DEFAULT_RETRY: RetryPolicy = { delaysMs: [500, 1000, 2000, 4000, 8000], stallMs: 30_000 };

/** A server that asks for a longer pause than this is tried again all the same; the person may pause the download. */
const MAX_RETRY_AFTER_MS = 120_000;

/** Further tries while the browser knows that there is no network: one for a hiccup, then the person hears of it. */
const OFFLINE_RETRIES = 1;

/** How far a download runs ahead of what is made of it: `connections` pieces, each over a connection of its own. */
export interface ReadAheadPolicy {
  connections: number;
  pieceBytes: number;
}

export const DEFAULT_READ_AHEAD: ReadAheadPolicy = { connections: 4, pieceBytes: 8 * 2 ** 20 };

export interface ReadOptions {
  retry?: RetryPolicy;
  readAhead?: ReadAheadPolicy;
  signal?: AbortSignal;
}

interface Connection {
  chunks: AsyncIterator<Uint8Array>;
  controller: AbortController;
}

export class SourceReader {
  /** Offset in the file of the next byte to be handed out. */
  positionBytes: number;
  /** As of the first connection, or as given. */
  version: FileVersion | null;
  /** Known from the first connection on. */
  hasRanges = false;
  readonly #startBytes: number;
  readonly #endBytes: number | null;
  readonly #retry: RetryPolicy;
  readonly #signal: AbortSignal | undefined;
  #connection: Connection | null = null;
  #unread: Uint8Array = new Uint8Array();
  #failures = 0;

  /** @param version the file must still be this one; null takes whatever is found. */
  constructor(
    readonly source: Source,
    readonly path: string,
    range: ByteRange,
    version: FileVersion | null,
    options: ReadOptions = {},
  ) {
    this.positionBytes = range.startBytes;
    this.#startBytes = range.startBytes;
    this.#endBytes = range.endBytes;
    this.version = version;
    this.#retry = options.retry ?? DEFAULT_RETRY;
    this.#signal = options.signal;
  }

  /**
   * Fills `target` completely.
   * @throws HearthError `bad-file` when the file ends before, `network`, `not-found`, `aborted`; SourceChangedError.
   */
  async read(target: Uint8Array): Promise<void> {
    let filled = 0;
    while (filled < target.length) {
      if (this.#unread.length === 0) {
        const chunk = await this.#nextChunk();
        if (!chunk) throw this.#cutOff(target.length - filled);
        this.#unread = chunk;
      }
      const taken = this.#unread.subarray(0, target.length - filled);
      target.set(taken, filled);
      filled += taken.length;
      this.positionBytes += taken.length;
      this.#unread = this.#unread.subarray(taken.length);
    }
  }

  /** The next bytes as they arrive; null at the end. @throws as `read`. */
  async readSome(): Promise<Uint8Array | null> {
    const chunk = this.#unread.length > 0 ? this.#unread : await this.#nextChunk();
    this.#unread = new Uint8Array();
    this.positionBytes += chunk?.length ?? 0;
    return chunk;
  }

  /** Hangs up. */
  close(): void {
    this.#connection?.controller.abort();
    this.#connection = null;
  }

  async #nextChunk(): Promise<Uint8Array | null> {
    for (;;) {
      const endBytes = Math.min(this.#endBytes ?? Infinity, this.version?.sizeBytes ?? Infinity);
      if (this.positionBytes >= endBytes) return null;
      try {
        const chunk = await this.#receive();
        this.#failures = 0;
        return chunk;
      } catch (error) {
        this.close();
        throwIfAborted(this.#signal);
        if (error instanceof SourceChangedError) throw error;
        const isRunOut = error instanceof RefusedError && this.#mayBeRunOut(error);
        if (error instanceof HearthError && error.code !== 'network' && !isRunOut) throw error;
        const delayMs = this.#retryDelayMs();
        if (delayMs === undefined) throw isRunOut ? error : this.#brokenOff(error);
        const askedMs = error instanceof RefusedError ? (error.refusal.retryAfterMs ?? 0) : 0;
        await pause(Math.max(delayMs, Math.min(askedMs, MAX_RETRY_AFTER_MS)), this.#signal);
      }
    }
  }

  /** Links to stored files run out: who was sent on, or has had some of the file, asks its own address for a new one. */
  #mayBeRunOut({ isForbidden, refusal }: RefusedError): boolean {
    return isForbidden && (refusal.redirected || this.version !== null);
  }

  /** How long to wait before the next try; undefined to give up, which comes sooner while the browser says it is offline. */
  #retryDelayMs(): number | undefined {
    const { delaysMs } = this.#retry;
    // Node has no navigator, or one that does not know.
    const { onLine = true }: { onLine?: boolean } = 'navigator' in globalThis ? navigator : {};
    return (onLine ? delaysMs : delaysMs.slice(0, OFFLINE_RETRIES))[this.#failures++];
  }

  /** One chunk from the present connection or a new one; null at the end of a file of unknown size. */
  async #receive(): Promise<Uint8Array | null> {
    const controller = this.#connection?.controller ?? new AbortController();
    const hangUp = () => controller.abort();
    this.#signal?.addEventListener('abort', hangUp);
    const stalled = setTimeout(hangUp, this.#retry.stallMs);
    try {
      throwIfAborted(this.#signal);
      this.#connection ??= { chunks: await this.#connect(controller.signal), controller };
      const { done, value } = await this.#connection.chunks.next();
      if (!done) return value;
      if (this.#endBytes === null && this.version?.sizeBytes === null) return null;
      throw new Error('The connection was closed before the end of the file.');
    } finally {
      clearTimeout(stalled);
      this.#signal?.removeEventListener('abort', hangUp);
    }
  }

  async #connect(signal: AbortSignal): Promise<AsyncIterator<Uint8Array>> {
    const range = { startBytes: this.positionBytes, endBytes: this.#endBytes };
    const stream = await this.source.open(this.path, range, signal);
    const goesOn = this.positionBytes > this.#startBytes;
    const fits = goesOn ? isSameVersion : (a: FileVersion, b: FileVersion) => !contradicts(a, b);
    if (this.version && !fits(this.version, stream.version)) {
      throw new SourceChangedError(this.#url, this.version, stream.version);
    }
    this.version = stream.version;
    this.hasRanges = stream.hasRanges;
    return stream.chunks;
  }

  get #url(): string {
    return this.source.url + this.path;
  }

  #cutOff(missingBytes: number): HearthError {
    return new HearthError(
      'bad-file',
      `${this.#url} ends after ${this.positionBytes} bytes; expected at least ${missingBytes} more. The file is cut off.`,
    );
  }

  #brokenOff(cause: unknown): HearthError {
    const { positionBytes, version } = this;
    const message =
      version === null
        ? `${this.#url} could not be reached in ${this.#failures} tries.`
        : `The connection to ${this.#url} broke off after ${positionBytes} of ${version.sizeBytes ?? 'unknown'} bytes, ` +
          `and ${this.#failures - 1} further tries failed.`;
    return new HearthError('network', message, { cause });
  }
}

/** The bytes of one range. @param version as for SourceReader. @throws as `SourceReader.read`. */
export async function readRange(
  source: Source,
  path: string,
  startBytes: number,
  endBytes: number,
  version: FileVersion | null,
  options?: ReadOptions,
): Promise<Uint8Array<ArrayBuffer>> {
  const reader = new SourceReader(source, path, { startBytes, endBytes }, version, options);
  const bytes = new Uint8Array(endBytes - startBytes);
  try {
    await reader.read(bytes);
  } finally {
    reader.close();
  }
  return bytes;
}

/** @throws HearthError `aborted` as soon as the signal fires. */
async function pause(delayMs: number, signal: AbortSignal | undefined): Promise<void> {
  await new Promise<void>((resolve) => {
    const timer = setTimeout(done, delayMs);
    function done() {
      clearTimeout(timer);
      signal?.removeEventListener('abort', done);
      resolve();
    }
    signal?.addEventListener('abort', done);
  });
  throwIfAborted(signal);
}
