/**
 * Where a model's bytes come from. A source opens one file at one byte and streams; it knows nothing of tensors. A model hub
 * or a folder on the person's disk is another implementation of this interface. Broken connections are `reader.ts`'s business.
 */
import { type ErrorCode, type ErrorOptions, HearthError } from '../../lib/errors';

/** What tells one version of a file from another. */
export interface FileVersion {
  /** Null where the server does not say. */
  sizeBytes: number | null;
  /** ETag, else Last-Modified; null where the server gives neither: then nothing proves that the file stayed the same. */
  validator: string | null;
}

export interface SourceStream {
  version: FileVersion;
  /** False when the server sends whole files only: a read from the middle then costs all that lies before it. */
  hasRanges: boolean;
  /** The bytes asked for, in order. It ends early when the connection does; a failure throws. */
  chunks: AsyncIterator<Uint8Array>;
}

/** `endBytes` is exclusive; null reads to the end of the file. */
export interface ByteRange {
  startBytes: number;
  endBytes: number | null;
}

export interface Source {
  /** The folder, for messages and for the manifest. */
  readonly url: string;
  /** SHA-256 of a file, lower-case hex, where the publisher tells it; checked once the whole file has been read. */
  sha256?(path: string): string | null;
  /**
   * @param path of a file in the folder, e.g. `model.safetensors`.
   * @param signal ends the stream; its `chunks` then throw.
   * @throws HearthError `not-found`, `bad-file` (a web page, or a file shorter than `startBytes`), `network`; whatever else it
   * throws is a failed connection.
   */
  open(path: string, range: ByteRange, signal: AbortSignal): Promise<SourceStream>;
}

/** True when the two cannot be one file. */
export function contradicts(a: FileVersion, b: FileVersion): boolean {
  return a.sizeBytes !== b.sizeBytes || a.validator !== b.validator;
}

/** True when bytes of both may be put together. */
export function isSameVersion(a: FileVersion, b: FileVersion): boolean {
  return a.validator !== null && !contradicts(a, b);
}

/** How a server has refused a file. */
export interface Refusal {
  status: number;
  /** How long it asks us to wait; null where it does not say. */
  retryAfterMs: number | null;
  /** Whether the file's own address had sent us on to the one that refuses. */
  redirected: boolean;
}

/** The server answered, but not with the file. */
export class RefusedError extends HearthError {
  constructor(
    code: ErrorCode,
    message: string,
    readonly refusal: Refusal,
    options?: ErrorOptions,
  ) {
    super(code, message, options);
  }

  /** Not allowed, whether by the file's own address or by a link that has run out. */
  get isForbidden(): boolean {
    return [401, 403, 410].includes(this.refusal.status);
  }
}

/** The file is not the one whose first bytes we hold. The importer starts over; a person sees it when that goes on and on. */
export class SourceChangedError extends HearthError {
  constructor(url: string, before: FileVersion, now: FileVersion) {
    const show = ({ sizeBytes, validator }: FileVersion) =>
      `${sizeBytes ?? 'unknown'} bytes, ${validator ?? 'no ETag or date'}`;
    super(
      'network',
      `${url} changed during the download: it was ${show(before)} and is ${show(now)}; expected one version throughout.`,
      { hint: 'Wait until the model has been uploaded completely, then start again.' },
    );
  }
}
