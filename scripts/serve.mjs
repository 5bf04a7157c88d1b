/**
 * The static server behind `npm start`: files of one folder, exactly as they are, with the headers of headers.mjs.
 * A missing file is a 404 and never index.html, so that a missing model cannot look like one. It serves this machine
 * only; the build writes the same headers for other servers that publish `dist`. Uses nothing but Node.
 */
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import http from 'node:http';
import { extname, join, resolve, sep } from 'node:path';
import process from 'node:process';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { headerRules, headersOf, readSite } from './headers.mjs';

export const DEFAULT_PORT = 4173;

const contentTypes = /** @type {Record<string, string>} */ ({
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.map': 'application/json; charset=utf-8',
  '.webmanifest': 'application/manifest+json; charset=utf-8',
  '.wgsl': 'text/wgsl; charset=utf-8',
  '.wasm': 'application/wasm',
  '.svg': 'image/svg+xml; charset=utf-8',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
  '.txt': 'text/plain; charset=utf-8',
  '.md': 'text/markdown; charset=utf-8',
  '.jinja': 'text/plain; charset=utf-8',
  '.safetensors': 'application/octet-stream',
  '.gguf': 'application/octet-stream',
});

/**
 * A server for the files of `root`; the caller listens and closes.
 * @param {{ root: string, site?: import('./headers.mjs').Site }} options
 */
export function createStaticServer({ root, site = { connect: [], embedders: ['*'] } }) {
  const rootPath = resolve(root);
  const rules = headerRules(site);
  return http.createServer((request, response) => {
    response.setHeaders(new Map(Object.entries(headersOf(rules, pathOf(request)))));
    respond(rootPath, request, response).catch((/** @type {unknown} */ error) => {
      // The browser went away in mid-file, or the disk failed: either way the response cannot be completed.
      if (response.headersSent) response.destroy();
      else
        sendText(response, 500, `Could not read the file: ${error instanceof Error ? error.message : 'unknown error'}`);
    });
  });
}

/**
 * @param {string} root absolute
 * @param {http.IncomingMessage} request
 * @param {http.ServerResponse} response
 */
async function respond(root, request, response) {
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    response.setHeader('Allow', 'GET, HEAD');
    return sendText(response, 405, 'Only GET and HEAD are answered here.');
  }
  const urlPath = pathOf(request);
  const path = resolvePath(root, urlPath);
  const file = path === null ? null : await stat(path).catch(() => null);
  if (path === null || !file?.isFile()) return sendText(response, 404, `There is no file at ${urlPath}`);

  const etag = `"${file.size.toString(16)}-${Math.trunc(file.mtimeMs).toString(16)}"`;
  response.setHeader('ETag', etag);
  if (!response.hasHeader('Cache-Control')) response.setHeader('Cache-Control', 'no-cache');
  if (matchesEtag(request.headers['if-none-match'], etag)) return response.writeHead(304).end();

  response.setHeader('Content-Type', contentTypes[extname(path).toLowerCase()] ?? 'application/octet-stream');
  response.setHeader('Accept-Ranges', 'bytes');
  const ifRange = request.headers['if-range'];
  const mayBePartial = request.method === 'GET' && (ifRange === undefined || ifRange === etag);
  const range = mayBePartial ? parseRange(request.headers.range, file.size) : 'whole';
  if (range === 'unsatisfiable') {
    response.setHeader('Content-Range', `bytes */${file.size}`);
    return sendText(response, 416, `The file has ${file.size} bytes.`);
  }
  const { start, end } = range === 'whole' ? { start: 0, end: file.size - 1 } : range;
  if (range !== 'whole') response.setHeader('Content-Range', `bytes ${start}-${end}/${file.size}`);
  response.setHeader('Content-Length', end - start + 1);
  response.writeHead(range === 'whole' ? 200 : 206);
  if (request.method === 'HEAD' || file.size === 0) return response.end();
  await pipeline(createReadStream(path, { start, end }), response);
}

/**
 * The path asked for, still percent-encoded, without query.
 * @param {http.IncomingMessage} request
 */
function pathOf(request) {
  return (request.url ?? '/').replace(/[?#].*$/s, '');
}

/**
 * The file a URL path names, or null when it is malformed or leads out of the folder.
 * @param {string} root absolute
 * @param {string} urlPath still percent-encoded
 */
function resolvePath(root, urlPath) {
  let decoded;
  try {
    decoded = decodeURIComponent(urlPath);
  } catch {
    return null;
  }
  if (decoded.includes('\0') || decoded.includes('\\')) return null;
  // Headers are those of the path as it is written: a file must not be had under the path of another.
  if (/%2f/i.test(urlPath) || decoded.split('/').includes('..')) return null;
  const path = join(root, decoded.endsWith('/') ? `${decoded}index.html` : decoded);
  return path.startsWith(root + sep) ? path : null;
}

/**
 * @param {string | undefined} header If-None-Match: "*" or a list of tags
 * @param {string} etag
 */
function matchesEtag(header, etag) {
  if (header === undefined) return false;
  return header.split(',').some((tag) => tag.trim() === '*' || tag.trim().replace(/^W\//, '') === etag);
}

/**
 * One range of bytes, both ends included. A header we do not understand (several ranges, other units) means the whole file,
 * as RFC 9110 §14.2 allows.
 * @param {string | undefined} header e.g. "bytes=0-99", "bytes=100-" or "bytes=-8"
 * @param {number} size bytes in the file
 * @returns {{ start: number, end: number } | 'whole' | 'unsatisfiable'}
 */
export function parseRange(header, size) {
  const [, first, last] = /^bytes=(\d*)-(\d*)$/.exec(header ?? '') ?? [];
  if (first === undefined || last === undefined || (first === '' && last === '')) return 'whole';
  if (first === '') {
    const length = Math.min(Number(last), size);
    return length === 0 ? 'unsatisfiable' : { start: size - length, end: size - 1 };
  }
  const start = Number(first);
  const end = last === '' ? size - 1 : Math.min(Number(last), size - 1);
  if (last !== '' && Number(last) < start) return 'whole';
  return start >= size ? 'unsatisfiable' : { start, end };
}

/**
 * @param {http.ServerResponse} response
 * @param {number} status
 * @param {string} text
 */
function sendText(response, status, text) {
  response.setHeader('Content-Type', 'text/plain; charset=utf-8');
  response.setHeader('Cache-Control', 'no-store');
  response.writeHead(status).end(`${text}\n`);
}

/**
 * Starts listening on this machine.
 * @param {http.Server} server
 * @param {number} port 0 takes any free one
 * @param {string} [host] an address of this machine; the loopback address if absent
 * @returns {Promise<string>} the address to open
 * @throws Error with a sentence for the person when the port is taken or not allowed.
 */
export function listen(server, port, host = '127.0.0.1') {
  return new Promise((done, fail) => {
    server.once('error', (/** @type {NodeJS.ErrnoException} */ error) => {
      const elsewhere = `choose another port: PORT=${port + 1} npm start`;
      if (error.code === 'EADDRINUSE')
        fail(new Error(`Port ${port} is in use by another program. Stop it, or ${elsewhere}`));
      else if (error.code === 'EACCES') fail(new Error(`Port ${port} needs more rights than we have; ${elsewhere}`));
      else fail(error);
    });
    server.listen(port, host, () => {
      const address = server.address();
      done(`http://localhost:${typeof address === 'object' && address ? address.port : port}`);
    });
  });
}

/**
 * Makes sure that `serve` will be able to listen, before anything costly is done.
 * @throws Error with a sentence for the person, as `listen` does.
 */
export async function requireFreePort() {
  const probe = http.createServer();
  await listen(probe, readPort(process.argv.slice(2), process.env), process.env['HEARTH_HOST']);
  await new Promise((closed) => probe.close(closed));
}

/**
 * The port asked for with `--port 8080`, `--port=8080` or `PORT=8080`.
 * @param {string[]} args
 * @param {NodeJS.ProcessEnv} env
 * @throws Error when it is no port.
 */
export function readPort(args, env) {
  const at = args.findIndex((arg) => arg === '--port' || arg.startsWith('--port='));
  const text = at < 0 ? env['PORT'] : args[at]?.includes('=') ? args[at].slice('--port='.length) : args[at + 1];
  if (at < 0 && !text) return DEFAULT_PORT;
  const port = Number(text);
  if (text && Number.isInteger(port) && port >= 0 && port <= 65535) return port;
  throw new Error(`"${text ?? ''}" is no port: expected a whole number from 0 to 65535, e.g. --port ${DEFAULT_PORT}`);
}

/**
 * Serves the production build until the process is stopped, and says where. `HEARTH_CONNECT` lists origins without https that may
 * be asked (space-separated), `HEARTH_HOST` another address to listen on.
 * @throws Error with a sentence for the person.
 */
export async function serve() {
  const root = fileURLToPath(new URL('../dist', import.meta.url));
  const port = readPort(process.argv.slice(2), process.env);
  const address = await listen(
    createStaticServer({ root, site: readSite(root, process.env) }),
    port,
    process.env['HEARTH_HOST'],
  );
  console.log(`Hearth is at ${address} (Ctrl+C stops it).`);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  serve().catch((/** @type {Error} */ error) => {
    console.error(error.message);
    process.exitCode = 1;
  });
}
