/** `npm start`: a fresh clone becomes a page to open. Installs what is missing, builds, serves; each step says so. */
import { spawnSync } from 'node:child_process';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { ensureDependencies } from './dependencies.mjs';
import { requireFreePort, serve } from './serve.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));

try {
  await requireFreePort(); // first, so that a second start does not rebuild the files that the first one serves
  ensureDependencies(root);
  console.log('Building the production page into dist.');
  const vite = [
    fileURLToPath(new URL('../node_modules/vite/bin/vite.js', import.meta.url)),
    'build',
    '--logLevel',
    'warn',
  ];
  const { status } = spawnSync(process.execPath, vite, { cwd: root, stdio: 'inherit' });
  if (status !== 0) throw new Error('The build failed (see above); nothing is served.');
  await serve();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
