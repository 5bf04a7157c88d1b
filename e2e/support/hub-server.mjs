/**
 * A server that behaves like a model hub, and misbehaves on demand: it redirects to signed addresses, answers ranges, gives
 * ETags, and, as a test wishes, breaks off, drips, stalls, answers with errors or with a web page. It keeps a log of every
 * byte it was asked for and sent. Uses nothing but Node.
 */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import http from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { parseRange } from '../../scripts/serve.mjs';

/**
 * A file by its bytes, or one too large to hold that is made as it is read.
 * @typedef {Uint8Array | { bytes: number, etag: string, read: (start: number, end: number) => Uint8Array }} HubFile
 */

/**
 * What goes wrong with one answer.
 * @typedef {object} Fault
 * @property {number} [status] answered instead of the file
 * @property {boolean} [html] a web page with status 200 instead of the file
 * @property {number} [cutAfterBytes] the connection is cut after so much of the body
 * @property {number} [stallAfterBytes] nothing comes after so much of the body, and the connection stays open
 * @property {number} [dripMs] pause after each piece of the body
 */

/**
 * @typedef {object} HubOptions
 * @property {boolean} [ranges] false: Range is ignored and the whole file sent
 * @property {boolean} [validators] false: neither ETag nor Last-Modified
 * @property {boolean} [sizes] false: no Content-Length, as from a server that compresses on the fly
 * @property {boolean} [redirects] files are answered with a redirect to another address, as hubs do for large ones
 * @property {number} [pieceBytes] what is written at once
 * @property {(request: { path: string, startBytes: number, attempt: number }) => Fault | undefined} [fault] decides for each
 *   request for a file; `attempt` counts the requests for that file from 1
 */

/**
 * One answer. `startBytes` to `endBytes` (exclusive) is what was to be sent, `sentBytes` what was written of it.
 * @typedef {{ path: string, startBytes: number, endBytes: number, status: number, sentBytes: number }} LogEntry
 */

/** Bytes of one write where a test says nothing. */
const PIECE_BYTES = 16 * 1024;

/**
 * Starts a hub. Its `files` and `options` may be changed while it runs.
 * @param {Record<string, HubFile>} files by name, e.g. "model.safetensors"
 * @param {HubOptions} [options]
 */
export async function startHub(files, options = {}) {
  const hub = {
    files,
    options,
    /** The folder to import from. */
    url: '',
    /** @type {LogEntry[]} */
    log: [],
    /** @type {Map<string, number>} */
    attempts: new Map(),
    close,
  };
  const server = http.createServer((request, response) => {
    respond(hub, request, response).catch(() => response.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = /** @type {import('node:net').AddressInfo} */ (server.address());
  hub.url = `http://127.0.0.1:${address.port}/some-one/some-model/resolve/main/`;

  async function close() {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  }
  return hub;
}

/** @typedef {Awaited<ReturnType<typeof startHub>>} Hub */

/**
 * @param {Hub} hub
 * @param {http.IncomingMessage} request
 * @param {http.ServerResponse} response
 */
async function respond(hub, request, response) {
  const { options } = hub;
  const url = new URL(request.url ?? '/', 'http://hub');
  const [, place, path = ''] = /^\/(some-one\/some-model\/resolve\/main|cdn)\/(.*)$/.exec(url.pathname) ?? [];
  response.setHeader('Access-Control-Allow-Origin', '*');
  response.setHeader('Access-Control-Expose-Headers', 'ETag, Content-Range, Accept-Ranges');
  response.setHeader('Cross-Origin-Resource-Policy', 'cross-origin');
  if (request.method === 'OPTIONS') {
    response.setHeader('Access-Control-Allow-Headers', 'Range');
    response.writeHead(204).end();
    return;
  }
  const file = Object.hasOwn(hub.files, path) ? hub.files[path] : undefined;
  if (options.redirects && place !== 'cdn' && file) {
    response.writeHead(302, { Location: `/cdn/${path}?signature=${hub.attempts.get(path) ?? 0}` }).end();
    return;
  }

  const size = file === undefined ? 0 : sizeOf(file);
  const range = options.ranges === false ? 'whole' : parseRange(request.headers.range, size);
  const startBytes = typeof range === 'object' ? range.start : 0;
  const endBytes = typeof range === 'object' ? range.end + 1 : size;
  const attempt = (hub.attempts.get(path) ?? 0) + 1;
  hub.attempts.set(path, attempt);
  const fault = options.fault?.({ path, startBytes, attempt }) ?? {};
  const entry = { path, startBytes, endBytes, status: 0, sentBytes: 0 };
  hub.log.push(entry);
  /** @param {number} status @param {string} type @param {string} text */
  const answer = (status, type, text) => {
    entry.status = status;
    response.writeHead(status, { 'Content-Type': type }).end(text);
  };

  if (fault.html)
    return answer(200, 'text/html; charset=utf-8', '<!doctype html><title>Hub</title><p>Sign in, please.');
  if (fault.status !== undefined) return answer(fault.status, 'text/plain', 'As the test wished.');
  if (file === undefined) return answer(404, 'text/plain', 'Entry not found');
  if (range === 'unsatisfiable') return answer(416, 'text/plain', `The file has ${size} bytes.`);

  entry.status = typeof range === 'object' ? 206 : 200;
  response.setHeader('Content-Type', path.endsWith('.json') ? 'application/json' : 'application/octet-stream');
  if (options.validators !== false) response.setHeader('ETag', etagOf(file));
  if (typeof range === 'object') response.setHeader('Content-Range', `bytes ${startBytes}-${endBytes - 1}/${size}`);
  if (options.sizes !== false) response.setHeader('Content-Length', endBytes - startBytes);
  response.writeHead(entry.status);
  await send(response, file, entry, fault, options.pieceBytes ?? PIECE_BYTES);
}

/**
 * @param {http.ServerResponse} response
 * @param {HubFile} file
 * @param {LogEntry} entry
 * @param {Fault} fault
 * @param {number} pieceBytes
 */
async function send(response, file, entry, fault, pieceBytes) {
  const length = entry.endBytes - entry.startBytes;
  const closed = once(response, 'close');
  const stopBytes = Math.min(length, fault.cutAfterBytes ?? Infinity, fault.stallAfterBytes ?? Infinity);
  while (entry.sentBytes < stopBytes) {
    const from = entry.startBytes + entry.sentBytes;
    const piece = bytesOf(file, from, from + Math.min(pieceBytes, stopBytes - entry.sentBytes));
    const flushed = new Promise((done) => response.write(piece, done)); // what is cut later has left before
    await Promise.race([flushed, closed]);
    if (response.destroyed) return;
    entry.sentBytes += piece.length;
    if (fault.dripMs !== undefined) await pause(fault.dripMs);
  }
  if (fault.stallAfterBytes !== undefined) return;
  if (fault.cutAfterBytes === undefined || stopBytes === length) response.end();
  else response.destroy();
}

/** @param {HubFile} file */
function sizeOf(file) {
  return file instanceof Uint8Array ? file.length : file.bytes;
}

/** @param {HubFile} file @param {number} start @param {number} end exclusive */
function bytesOf(file, start, end) {
  return file instanceof Uint8Array ? file.subarray(start, end) : file.read(start, end);
}

/** @type {WeakMap<Uint8Array, string>} */
const etags = new WeakMap();

/** @param {HubFile} file */
function etagOf(file) {
  if (!(file instanceof Uint8Array)) return file.etag;
  const etag = etags.get(file) ?? `"${createHash('sha256').update(file).digest('hex')}"`;
  etags.set(file, etag);
  return etag;
}
