/**
 * A server that behaves like a model hub, and misbehaves on demand: it lists a repository with digests and a commit, redirects
 * to signed addresses on another origin whose links run out, answers ranges, gives ETags, asks for a token, and, as a test
 * wishes, breaks off, drips, stalls, asks for patience, answers with errors or with a web page. It keeps a log of every byte it
 * was asked for and sent. Uses nothing but Node.
 */
import { createHash, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import http from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { parseRange } from '../../scripts/serve.mjs';

/**
 * A file by its bytes, or one too large to hold that is made as it is read.
 * @typedef {Uint8Array | { bytes: number, etag: string, read: (start: number, end: number) => Uint8Array }} HubFile
 */

/**
 * What goes wrong with one answer.
 * @typedef {object} Fault
 * @property {number} [status] answered instead of the file
 * @property {number} [retryAfterSeconds] sent with it
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
 * @property {boolean} [redirects] files are answered with a redirect to a signed address on another origin, as hubs do for
 *   large ones
 * @property {number} [linkUses] a signed address is good for so many requests; then it is answered with 403, and the hub signs
 *   a new one for whoever asks again
 * @property {string} [token] the repository is gated: what does not carry this token is answered with 401
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
    /** Where the hub is: to be asked for repositories. */
    baseUrl: '',
    /** Where its stored files are: another origin. */
    cdnUrl: '',
    /** The only repository. */
    repository: REPOSITORY,
    /** What its branch points at. */
    commit: COMMIT,
    /** The folder to import from. */
    url: '',
    /** Signed addresses that had run out. */
    refusals: 0,
    /** Requests for the list of files. @type {{ path: string }[]} */
    listings: [],
    /** Every Authorization that came in, and with which origin. @type {{ place: 'hub' | 'cdn', authorization: string }[]} */
    authorizations: [],
    /** The signed address of each file. @type {Map<string, { signature: string, uses: number, refused: boolean }>} */
    links: new Map(),
    /** @type {LogEntry[]} */
    log: [],
    /** @type {Map<string, number>} */
    attempts: new Map(),
    close,
  };
  /** @type {('hub' | 'cdn')[]} */
  const places = ['hub', 'cdn'];
  const servers = places.map((place) =>
    http.createServer((request, response) => {
      respond(hub, place, request, response).catch(() => response.destroy());
    }),
  );
  const [baseUrl = '', cdnUrl = ''] = await Promise.all(
    servers.map(async (server) => {
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
      const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
      return `http://127.0.0.1:${port}`;
    }),
  );
  Object.assign(hub, { baseUrl, cdnUrl, url: `${baseUrl}/${REPOSITORY}/resolve/main/` });

  async function close() {
    await Promise.all(
      servers.map(async (server) => {
        server.closeAllConnections();
        server.close();
        await once(server, 'close');
      }),
    );
  }
  return hub;
}

const REPOSITORY = 'some-one/some-model';
const COMMIT = '0123456789abcdef0123456789abcdef01234567';

/** What a browser may read of an answer to another origin's page. */
const EXPOSED = 'ETag, Content-Range, Accept-Ranges, Retry-After, X-Linked-Etag, X-Repo-Commit';

/** @typedef {Awaited<ReturnType<typeof startHub>>} Hub */

/**
 * @param {Hub} hub
 * @param {'hub' | 'cdn'} place
 * @param {http.IncomingMessage} request
 * @param {http.ServerResponse} response
 */
async function respond(hub, place, request, response) {
  const { options } = hub;
  const url = new URL(request.url ?? '/', 'http://hub');
  response.setHeader('Access-Control-Allow-Origin', '*');
  response.setHeader('Access-Control-Expose-Headers', EXPOSED);
  response.setHeader('Cross-Origin-Resource-Policy', 'cross-origin');
  response.setHeader('Cache-Control', 'no-store');
  if (request.method === 'OPTIONS') {
    response.setHeader('Access-Control-Allow-Headers', 'Range, Authorization');
    response.writeHead(204).end();
    return;
  }
  const { authorization } = request.headers;
  if (authorization !== undefined) hub.authorizations.push({ place, authorization });
  if (place === 'hub' && options.token !== undefined && authorization !== `Bearer ${options.token}`) {
    response.writeHead(401, { 'Content-Type': 'text/plain' }).end('Access to this repository is restricted.');
    return;
  }
  const listed = /^\/api\/models\/(.*)\/revision\/(.*)$/.exec(url.pathname);
  if (place === 'hub' && listed) return list(hub, listed, response);

  const resolved = /^\/(?:some-one\/some-model\/resolve\/([^/]+)|files)\/(.*)$/.exec(url.pathname);
  const path = decodeURIComponent(resolved?.[2] ?? '');
  const file = Object.hasOwn(hub.files, path) ? hub.files[path] : undefined;
  if (place === 'hub') response.setHeader('X-Repo-Commit', hub.commit);
  if (place === 'hub' && options.redirects && file) {
    response.setHeader('X-Linked-Etag', etagOf(file));
    let link = hub.links.get(path);
    if (!link || link.refused) hub.links.set(path, (link = { signature: randomUUID(), uses: 0, refused: false }));
    response.writeHead(302, { Location: `${hub.cdnUrl}/files/${path}?signature=${link.signature}` }).end();
    return;
  }
  if (place === 'cdn') {
    const link = hub.links.get(path);
    const isGood = link?.signature === url.searchParams.get('signature') && link.uses < (options.linkUses ?? Infinity);
    if (!isGood) {
      if (link) link.refused = true;
      hub.refusals++;
      response.writeHead(403, { 'Content-Type': 'application/xml' }).end('<Error><Code>AccessDenied</Code></Error>');
      return;
    }
    link.uses++;
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
    if (fault.retryAfterSeconds !== undefined) response.setHeader('Retry-After', fault.retryAfterSeconds);
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
 * The list of files, compressed as hubs send it.
 * @param {Hub} hub
 * @param {RegExpExecArray} asked repository and revision
 * @param {http.ServerResponse} response
 */
function list(hub, [path, repository, revision], response) {
  hub.listings.push({ path });
  if (repository !== REPOSITORY || !['main', hub.commit].includes(decodeURIComponent(revision ?? ''))) {
    response.writeHead(404, { 'Content-Type': 'application/json' }).end('{"error":"Repository not found"}');
    return;
  }
  const siblings = Object.entries(hub.files).map(([rfilename, file]) => {
    const size = sizeOf(file);
    const isLarge = file instanceof Uint8Array && !rfilename.endsWith('.json');
    return { rfilename, size, ...(isLarge && { lfs: { sha256: digestOf(file), size, pointerSize: 134 } }) };
  });
  response.writeHead(200, { 'Content-Type': 'application/json; charset=utf-8', 'Content-Encoding': 'gzip' });
  response.end(gzipSync(JSON.stringify({ id: REPOSITORY, sha: hub.commit, siblings })));
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
const digests = new WeakMap();

/** @param {Uint8Array} bytes */
function digestOf(bytes) {
  const digest = digests.get(bytes) ?? createHash('sha256').update(bytes).digest('hex');
  digests.set(bytes, digest);
  return digest;
}

/** @param {HubFile} file */
function etagOf(file) {
  return file instanceof Uint8Array ? `"${digestOf(file)}"` : file.etag;
}
