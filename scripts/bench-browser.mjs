/** The benchmark in the page's own thread: the production build, served to a headless Chromium. */
import { spawnSync } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { adapterArgs, ensureChromium } from './chromium.mjs';
import { createStaticServer, listen } from './serve.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));

/**
 * Builds the page where the build is older than what it is made of, and measures in it.
 * @type {import('../src/bench/command').RunBench}
 */
export async function benchInBrowser(wishes, onProgress) {
  buildIfOlder();
  const server = createStaticServer({ root: join(root, 'dist') });
  const address = await listen(server, 0);
  const { chromium } = await import('playwright');
  const browser = await chromium.launch({ executablePath: ensureChromium(), args: adapterArgs });
  try {
    const page = await browser.newPage();
    // A page without the app, which would load a model beside the benchmark.
    await page.route('**/bench.html', (route) => route.fulfill({ contentType: 'text/html', body: '<!doctype html>' }));
    await page.goto(`${address}/bench.html`);
    await page.exposeFunction('tellProgress', onProgress);
    return await page.evaluate(async (/** @type {object} */ wishes) => {
      const { hearth } = /** @type {typeof import('../src/client')} */ (
        await import(/* @vite-ignore */ `${location.origin}/hearth.js`)
      );
      const onProgress = /** @type {any} */ (globalThis).tellProgress;
      return hearth.benchmark.run(wishes, { onProgress });
    }, wishes);
  } finally {
    await browser.close();
    server.close();
  }
}

function buildIfOlder() {
  const builtMs = changedMs('dist/index.html');
  const sources = ['src', 'workers', 'public', 'index.html', 'vite.config.ts', 'package.json'];
  if (sources.every((source) => newestMs(source) <= builtMs)) return;
  console.error('Building the production page into dist.');
  const vite = join(root, 'node_modules/vite/bin/vite.js');
  const { status } = spawnSync(process.execPath, [vite, 'build', '--logLevel', 'warn'], {
    cwd: root,
    env: { ...process.env, NODE_ENV: 'production' }, // the loader of src/bench/command.ts has set another
    stdio: 'inherit',
  });
  if (status !== 0) throw new Error('The build failed (see above); nothing is measured.');
}

/** @param {string} path from the repository's folder */
function newestMs(path) {
  if (!statSync(join(root, path)).isDirectory()) return changedMs(path);
  const inside = readdirSync(join(root, path), { recursive: true, encoding: 'utf8' });
  return inside.reduce((newest, name) => Math.max(newest, changedMs(join(path, name))), 0);
}

/** @param {string} path from the repository's folder; what is not there is as old as can be */
function changedMs(path) {
  return statSync(join(root, path), { throwIfNoEntry: false })?.mtimeMs ?? 0;
}
