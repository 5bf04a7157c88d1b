/**
 * A folder on a web server. Weights are asked for with a Range, also from the first byte: browsers then ask for the bytes as they
 * are, uncompressed, and the answer (206 or 200) tells whether the server has ranges. Whole texts are asked for without one, for
 * a browser that has asked for plain bytes refuses those of a server that compresses all the same. Nothing needs a CORS preflight
 * but a token, so a changed file is recognised by comparing validators instead of with If-Range. Weights bypass the HTTP cache:
 * they are stored once, in our own store.
 */
import { type ErrorCode, HearthError } from '../../lib/errors';
import type { Get } from './http';
import { type ByteRange, type FileVersion, RefusedError, type Source, type SourceStream } from './source';

export class UrlSource implements Source {
  readonly url: string;
  /** Behind every file's path: some servers want a signature there. */
  readonly #query: string;

  /**
   * @param url absolute address of a folder in Hugging Face layout, with or without the last slash, and perhaps with a query.
   * @param get what requests go through.
   */
  constructor(
    url: string,
    readonly get: Get = (url, init) => fetch(url, init),
  ) {
    if (!URL.canParse(url)) {
      throw new HearthError(
        'bad-request',
        `"${url}" is not an address; expected the absolute URL of a model's folder.`,
      );
    }
    const folder = new URL(url);
    if (!folder.pathname.endsWith('/')) folder.pathname += '/';
    this.#query = folder.search;
    folder.search = '';
    this.url = folder.href;
  }

  async open(path: string, range: ByteRange, signal: AbortSignal): Promise<SourceStream> {
    const url = new URL(path.split('/').map(encodeURIComponent).join('/'), this.url).href + this.#query;
    const { startBytes, endBytes } = range;
    const isWhole = startBytes === 0 && endBytes === null;
    const response = await this.get(url, {
      headers: isWhole ? {} : { Range: `bytes=${startBytes}-${endBytes === null ? '' : endBytes - 1}` },
      cache: 'no-store',
      signal,
    });
    const hasRanges = response.status === 206;
    if (response.status !== 200 && !hasRanges) {
      void response.body?.cancel();
      throw refusal(response, url, startBytes);
    }
    if (isHtmlType(response.headers.get('content-type'))) {
      void response.body?.cancel();
      throw htmlFound(url, path);
    }
    const sent = contentRange(response);
    if (sent && sent.startBytes !== startBytes) {
      void response.body?.cancel();
      throw new HearthError(
        'network',
        `${url} answered with bytes from ${sent.startBytes} on; expected them from ${startBytes} on.`,
      );
    }
    const skipBytes = hasRanges ? 0 : startBytes;
    return {
      version: {
        sizeBytes: hasRanges ? (sent?.totalBytes ?? null) : wholeSize(response),
        validator: validator(response),
      },
      hasRanges,
      chunks: window(response.body, skipBytes, endBytes === null ? Infinity : endBytes - startBytes),
    };
  }
}

/** What `url` answered where `path` should be. */
export function htmlFound(url: string, path: string): HearthError {
  return new HearthError('bad-file', `Found an HTML page at ${url}; expected the model's ${path}.`);
}

function refusal(response: Response, url: string, startBytes: number): HearthError {
  const { status, redirected } = response;
  const refused = (code: ErrorCode, message: string, hint?: string) =>
    new RefusedError(code, message, { status, retryAfterMs: retryAfterMs(response), redirected }, { hint });
  if (status === 404) return refused('not-found', `The server has no file at ${url}.`);
  if (status === 401 || status === 403 || status === 410) {
    return refused(
      'not-found',
      `The server does not let us read ${url} (status ${status}).`,
      'Pick a model that needs no sign-in, give a token for this host, or check the address.',
    );
  }
  if (status === 416) {
    return refused(
      'bad-file',
      startBytes === 0
        ? `${url} is empty; expected a model's file.`
        : `${url} ends before byte ${startBytes}; expected more. The file is cut off.`,
    );
  }
  return refused('network', `The server answered status ${status} for ${url}; expected the file.`);
}

/** What Retry-After asks for, in seconds or as a date; null where there is none, or where the server hides it. */
function retryAfterMs({ headers }: Response): number | null {
  const text = headers.get('retry-after');
  if (text === null) return null;
  const ms = /^\d+$/.test(text) ? 1000 * Number(text) : Date.parse(text) - Date.now();
  return Number.isNaN(ms) ? null : Math.max(0, ms);
}

function isHtmlType(contentType: string | null): boolean {
  return contentType !== null && /^text\/html\b/i.test(contentType);
}

/** Null where there is none, or where the server hides it from other origins. */
function contentRange(response: Response): { startBytes: number; totalBytes: number | null } | null {
  const match = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(response.headers.get('content-range') ?? '');
  if (!match) return null;
  return { startBytes: Number(match[1]), totalBytes: match[2] === '*' ? null : Number(match[2]) };
}

function wholeSize({ headers }: Response): number | null {
  const length = headers.get('content-length');
  return length === null || headers.has('content-encoding') ? null : Number(length);
}

function validator({ headers }: Response): FileVersion['validator'] {
  return headers.get('etag') ?? headers.get('last-modified');
}

/** The bytes of a body from `skipBytes` on, at most `takeBytes` of them. */
async function* window(
  body: ReadableStream<Uint8Array> | null,
  skipBytes: number,
  takeBytes: number,
): AsyncGenerator<Uint8Array> {
  if (!body) return;
  const reader = body.getReader();
  try {
    let toSkip = skipBytes;
    let toTake = takeBytes;
    while (toTake > 0) {
      const { done, value } = await reader.read();
      if (done) return;
      const wanted = value.subarray(toSkip, toSkip + toTake);
      toSkip -= Math.min(toSkip, value.length);
      toTake -= wanted.length;
      if (wanted.length > 0) yield wanted;
    }
  } finally {
    reader.cancel().catch(() => {}); // the connection may be gone already
  }
}
