/**
 * How the page is built: the app, the library that other pages of the site import (`/hearth.js`, a fixed name), the page for
 * frames of other sites and the script they import (`/embed.js`), the workers beside them, and a service worker that keeps the
 * shell for visits without a network.
 */
import { readFileSync } from 'node:fs';
import react from '@vitejs/plugin-react';
import { build, defineConfig, type Plugin } from 'vite';
import { VitePWA } from 'vite-plugin-pwa';
import {
  developmentHeaders,
  headerRules,
  headersOf,
  otherHeaders,
  readSite,
  toHeadersFile,
  toNginx,
} from './scripts/headers.mjs';
import { xgrammar } from './scripts/vite-xgrammar.mjs';

const entries = { index: 'index.html', hearth: 'src/client/index.ts', embed: 'embed.html' };

/**
 * Shader texts without the comments that only readers need. The lines stay, for the compiler's messages, and what says which
 * loops are written out: the marks of kernels/shared/unrolled.ts, and the indents that pair them.
 */
const shortShaders: Plugin = {
  name: 'short-shaders',
  apply: 'build',
  enforce: 'pre',
  load(id) {
    const [file = '', query] = id.split('?');
    if (!file.endsWith('.wgsl') || query !== 'raw') return null;
    const text = readFileSync(file, 'utf8').replace(/[ \t]*\/\/(?! unrolled$).*$/gm, '');
    return `export default ${JSON.stringify(text)}`;
  },
};

/** `/embed.js` is one file that shares nothing with the others: pages of other sites fetch it alone. */
const embedScript: Plugin = {
  name: 'embed-script',
  apply: 'build',
  async generateBundle() {
    const outputs = await build({
      configFile: false,
      logLevel: 'warn',
      build: {
        target: 'es2022',
        write: false,
        copyPublicDir: false,
        lib: { entry: 'src/embed-sdk/index.ts', formats: ['es'] },
      },
    });
    const [bundle] = [outputs].flat();
    if (!bundle || !('output' in bundle)) throw new Error('src/embed-sdk has become no script.');
    this.emitFile({ type: 'asset', fileName: 'embed.js', source: bundle.output[0].code });
  },
};

/** The headers of every response, for servers that are not ours. */
const headerFiles: Plugin = {
  name: 'header-files',
  apply: 'build',
  generateBundle(_, bundle) {
    const rules = headerRules(readSite('public', process.env));
    const bare = Object.keys(bundle).filter((file) => headersOf(rules, `/${file}`) === otherHeaders);
    if (bare.length > 0) throw new Error(`No rule of scripts/headers.mjs covers ${bare.join(', ')}.`);
    this.emitFile({ type: 'asset', fileName: '_headers', source: toHeadersFile(rules) });
    this.emitFile({ type: 'asset', fileName: 'nginx.conf', source: toNginx(rules) });
  },
};

/**
 * A thread's script is kept for ever under its name, and its policy with it: other headers (another `HEARTH_CONNECT`) make another
 * name, so that a browser that was here before hears of them.
 */
const headersInNames: Plugin = {
  name: 'headers-in-names',
  apply: 'build',
  augmentChunkHash: ({ name }) =>
    JSON.stringify(headersOf(headerRules(readSite('public', process.env)), `/workers/${name}/`)),
};

const shortcutIcons = [{ src: '/icons/hearth-192.png', sizes: '192x192', type: 'image/png' }];

export default defineConfig({
  // A page for each html file and 404 for the rest: a missing model file must not come back as index.html.
  appType: 'mpa',
  server: { headers: developmentHeaders },
  build: {
    target: 'es2022',
    modulePreload: { polyfill: false },
    rolldownOptions: {
      input: entries,
      preserveEntrySignatures: 'exports-only',
      output: {
        entryFileNames: ({ name }) => (name === 'hearth' ? 'hearth.js' : 'assets/[name]-[hash].js'),
      },
    },
  },
  worker: {
    format: 'es',
    plugins: () => [shortShaders, xgrammar(), headersInNames],
    // A folder for each thread: its headers are its own (scripts/headers.mjs).
    rolldownOptions: { output: { entryFileNames: 'workers/[name]/[hash].js' } },
  },
  plugins: [
    shortShaders,
    xgrammar(),
    headerFiles,
    react(),
    embedScript,
    VitePWA({
      strategies: 'injectManifest',
      srcDir: 'workers',
      filename: 'service-worker.ts',
      injectRegister: false, // src/client/offline.ts registers it
      registerType: 'prompt', // a new build waits: it never takes over under a running answer
      injectManifest: {
        rollupFormat: 'iife',
        globPatterns: ['**/*.{html,js,css,wasm,svg,png,woff2}'],
        globIgnores: ['models/**', 'screenshots/**', 'embed.*', 'assets/embed-*'], // frames of other sites have storage of their own
      },
      manifest: {
        id: '/',
        name: 'Hearth',
        short_name: 'Hearth',
        description: 'A language model that runs on this machine, in this tab.',
        start_url: '/',
        scope: '/',
        display: 'standalone',
        theme_color: '#f6f1ea',
        background_color: '#f6f1ea',
        icons: [
          { src: '/icons/hearth-192.png', sizes: '192x192', type: 'image/png' },
          { src: '/icons/hearth-512.png', sizes: '512x512', type: 'image/png' },
          { src: '/icons/hearth-maskable-512.png', sizes: '512x512', type: 'image/png', purpose: 'maskable' },
          { src: '/favicon.svg', sizes: 'any', type: 'image/svg+xml' },
        ],
        screenshots: [
          {
            src: '/screenshots/wide.png',
            sizes: '1280x800',
            type: 'image/png',
            form_factor: 'wide',
            label: 'A chat with a model that runs on this machine',
          },
          {
            src: '/screenshots/narrow.png',
            sizes: '390x844',
            type: 'image/png',
            form_factor: 'narrow',
            label: 'A chat with a model that runs on this phone',
          },
        ],
        shortcuts: [
          { name: 'New chat', url: '/?q=', icons: shortcutIcons },
          { name: 'Models', url: '/#/models', icons: shortcutIcons },
          { name: 'Batch', url: '/#/batch', icons: shortcutIcons },
          { name: 'Benchmark', url: '/#/benchmark', icons: shortcutIcons },
        ],
        launch_handler: { client_mode: 'focus-existing' }, // one engine, one window; src/app/follow-installation.ts takes the address
      },
    }),
  ],
});
