/**
 * What each response may do, as data: one list of rules, from which the built-in server answers (serve.mjs) and the build writes
 * `dist/_headers` for static hosts and `dist/nginx.conf` (vite.config.ts). A path has exactly one rule, because hosts join the
 * headers of rules that overlap; a thread's script lies in a folder of its own, because not every host can match within a name.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * What the owner of a site chooses.
 * @typedef {object} Site
 * @property {string[]} connect origins without https that the network thread may ask, besides those of this machine
 * @property {string[]} embedders who may show `/embed.html` in a frame, as sources of `frame-ancestors`
 */

/**
 * @typedef {object} Rule
 * @property {string[]} paths exact ones, and with a `*` at the end all that begin so
 * @property {Record<string, string>} headers
 */

/** @typedef {Record<string, string[]>} Directives of a content security policy, e.g. `{ 'script-src': ["'self'"] }` */

/** The list of those who may frame Hearth; the frame itself reads it too. */
export const EMBEDDERS_FILE = 'embed-origins.json';

const OWN = ["'self'"];
const NOBODY = ["'none'"];
/** hash-wasm, which checks weights, and xgrammar compile WebAssembly. */
const WASM = [...OWN, "'wasm-unsafe-eval'"];
/** Servers on the person's own machine; no other can be reached without https unless the owner says so. */
const LOOPBACK = ['http://localhost:*', 'http://127.0.0.1:*'];

/** The least any document or thread needs: its own scripts, and its own files. @type {Directives} */
const thread = { 'default-src': NOBODY, 'script-src': OWN, 'connect-src': OWN };

/** A page: nothing inline, nothing from elsewhere, no form that is sent, no frame within. @type {Directives} */
const page = {
  ...thread,
  'worker-src': OWN,
  'style-src': OWN,
  'img-src': [...OWN, 'data:', 'blob:'],
  'font-src': OWN,
  'manifest-src': OWN,
  'base-uri': NOBODY,
  'form-action': NOBODY,
  'frame-ancestors': NOBODY,
};

/** A file that is opened as if it were a page is none. @type {Directives} */
const inert = { 'default-src': NOBODY, 'base-uri': NOBODY, 'form-action': NOBODY, 'frame-ancestors': NOBODY };

/** What Hearth never asks for, so that nothing that runs in it can. */
const unused = [
  'accelerometer',
  'camera',
  'display-capture',
  'geolocation',
  'gyroscope',
  'hid',
  'idle-detection',
  'magnetometer',
  'microphone',
  'midi',
  'payment',
  'serial',
  'usb',
];

/** Headers of every response. */
const common = {
  // Isolated where it is framed by an isolated page too, which needs both; and still importable, also by a frame in a sandbox,
  // whose origin is none.
  'Cross-Origin-Embedder-Policy': 'require-corp',
  'Cross-Origin-Resource-Policy': 'cross-origin',
  'Access-Control-Allow-Origin': '*',
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
};

/**
 * Peer connections, which no content security policy stops: a list of connections forbids them where it does not say otherwise,
 * and all else may be connected to, because what of it the page may reach is the policy's to say. Chrome from 152 on.
 */
const noPeers = { 'Connection-Allowlist': '(response-origin "*://*:*/*");redirects=allow' };

/** A page's own: cut off from who opened it. The frame's page goes without, so that a window it opens can find it again. */
const apart = { 'Cross-Origin-Opener-Policy': 'same-origin' };
const without = { 'Permissions-Policy': unused.map((feature) => `${feature}=()`).join(', '), ...noPeers };

/** Names with a hash of the content in them never change; all others are asked for again. */
const kept = { 'Cache-Control': 'public, max-age=31536000, immutable' };
const asked = { 'Cache-Control': 'no-cache' };

/** The page as it is isolated also while it is developed, where Vite puts scripts inline and no policy can stand. */
export const developmentHeaders = { ...common, ...apart };

/**
 * Every path that is served, and what else there is as the last.
 * @param {Site} site
 * @returns {Rule[]}
 */
export function headerRules({ connect, embedders }) {
  const elsewhere = [...OWN, 'https:', ...LOOPBACK, ...connect];
  return [
    {
      paths: ['/', '/index.html'],
      headers: { ...common, ...apart, ...without, ...asked, ...policy(page) },
    },
    {
      paths: ['/embed', '/embed.html'],
      headers: { ...common, ...without, ...asked, ...policy({ ...page, 'frame-ancestors': embedders }) },
    },
    // Of its hosts the thread asks only those that the person has chosen (src/weights/sources/http.ts, src/remote/endpoints.ts).
    {
      paths: ['/workers/import.worker/*'],
      headers: { ...common, ...kept, ...policy({ ...thread, 'script-src': WASM, 'connect-src': elsewhere }) },
    },
    {
      paths: ['/workers/engine.worker/*'],
      headers: { ...common, ...kept, ...policy({ ...thread, 'script-src': WASM }) },
    },
    { paths: ['/workers/bench.worker/*'], headers: { ...common, ...kept, ...policy(thread) } },
    { paths: ['/service-worker.js'], headers: { ...common, ...asked, ...policy(thread) } },
    { paths: ['/assets/*'], headers: { ...common, ...kept, ...policy(inert) } },
    {
      paths: [
        '/hearth.js',
        '/embed.js',
        '/models/*',
        '/icons/*',
        '/screenshots/*',
        '/favicon.svg',
        '/manifest.webmanifest',
        `/${EMBEDDERS_FILE}`,
      ],
      headers: { ...common, ...asked, ...policy(inert) },
    },
  ];
}

/** Of an answer that is no file. */
export const otherHeaders = { ...common, ...policy(inert) };

/** @param {Directives} directives */
function policy(directives) {
  const lines = Object.entries(directives).map(([name, sources]) => `${name} ${sources.join(' ')}`);
  return { 'Content-Security-Policy': lines.join('; ') };
}

/**
 * @param {readonly Rule[]} rules
 * @param {string} urlPath
 * @returns {Record<string, string>}
 */
export function headersOf(rules, urlPath) {
  return rules.find(({ paths }) => paths.some((path) => matches(path, urlPath)))?.headers ?? otherHeaders;
}

/** @param {string} path of a rule @param {string} urlPath */
function matches(path, urlPath) {
  return path.endsWith('*') ? urlPath.startsWith(path.slice(0, -1)) : urlPath === path;
}

/**
 * What the owner has chosen: `HEARTH_CONNECT`, space-separated, and the list of embedders in the folder that is served.
 * @param {string} folder
 * @param {NodeJS.ProcessEnv} env
 * @returns {Site}
 * @throws Error with a sentence for the person.
 */
export function readSite(folder, env) {
  const path = join(folder, EMBEDDERS_FILE);
  return {
    connect: (env['HEARTH_CONNECT'] ?? '')
      .split(/\s+/)
      .filter((origin) => origin !== '')
      .map(readSource),
    embedders: readEmbedders(readFileSync(path, 'utf8'), path),
  };
}

/**
 * @param {string} text JSON: `["*"]` for everybody, `[]` for nobody, or origins such as `"https://example.org"` and
 *   `"https://*.example.org"`
 * @param {string} path for messages
 * @returns {string[]}
 * @throws Error with a sentence for the person.
 */
export function readEmbedders(text, path) {
  /** @type {unknown} */
  let list;
  try {
    list = JSON.parse(text);
  } catch (error) {
    throw new Error(`${path} is no JSON; expected a list like ["https://example.org"] or ["*"].`, { cause: error });
  }
  if (!Array.isArray(list) || list.some((entry) => typeof entry !== 'string')) {
    throw new Error(`${path} holds something else; expected a list of texts like ["https://example.org"] or ["*"].`);
  }
  if (list.length === 0) return NOBODY;
  return list.map((entry) => (entry === '*' ? entry : readSource(entry)));
}

/** @param {string} text */
function readSource(text) {
  if (/^https?:\/\/(\*\.)?[\w.-]+(:(\d+|\*))?$/.test(text)) return text;
  throw new Error(
    `"${text}" is no origin; expected one like "https://example.org", "https://*.example.org" or "http://nas:8080".`,
  );
}

/**
 * The rules as Netlify, Cloudflare Pages and others read them.
 * @param {readonly Rule[]} rules
 */
export function toHeadersFile(rules) {
  const blocks = rules.flatMap(({ paths, headers }) => {
    const lines = Object.entries(headers).map(([name, value]) => `  ${name}: ${value}\n`);
    return paths.map((path) => `${path}\n${lines.join('')}`);
  });
  return blocks.join('\n');
}

/**
 * The rules as nginx reads them within a `server` whose `root` is the built folder.
 * @param {readonly Rule[]} rules
 */
export function toNginx(rules) {
  return [
    '# server { listen 443 ssl; root /path/to/dist; include /path/to/dist/nginx.conf; }\n',
    'charset utf-8;\ncharset_types text/css text/javascript application/javascript application/json;\n',
    ...rules.flatMap(({ paths, headers }) => paths.map((path) => toLocation(path, headers))),
    toLocation('*', otherHeaders),
  ].join('\n');
}

/**
 * @param {string} path of a rule
 * @param {Record<string, string>} headers
 */
function toLocation(path, headers) {
  const where = path === '*' ? '/' : path.endsWith('*') ? `^~ ${path.slice(0, -1)}` : `= ${path}`;
  const lines = [
    `try_files ${path === '/' ? '/index.html' : '$uri'} =404;`,
    ...(path.endsWith('.webmanifest') ? ['types { application/manifest+json webmanifest; }'] : []),
    // What is missing today may be there tomorrow, so only what is found is kept.
    ...Object.entries(headers).map(
      ([name, value]) =>
        `add_header ${name} "${value.replaceAll('"', '\\"')}"${name === 'Cache-Control' ? '' : ' always'};`,
    ),
  ];
  return `location ${where} {\n${lines.map((line) => `  ${line}\n`).join('')}}\n`;
}
