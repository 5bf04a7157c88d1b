/** Runs TypeScript of this repository in Node with the loader of the build, which knows TypeScript and `?raw`. */
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { createServer } from 'vite';

/**
 * Calls `main(args, ...more)` of a module with the arguments of this command.
 * @param {string} path from the repository's folder, e.g. "/src/engine/bisect.ts"
 * @param {...unknown} more what the module cannot import
 */
export async function runMain(path, ...more) {
  const vite = await createServer({
    root: fileURLToPath(new URL('..', import.meta.url)),
    configFile: false,
    appType: 'custom',
    logLevel: 'warn',
    server: { middlewareMode: true, hmr: false, ws: false, watch: null },
    optimizeDeps: { noDiscovery: true },
  });
  try {
    const { main } = await vite.ssrLoadModule(path);
    await main(process.argv.slice(2), ...more);
  } finally {
    await vite.close();
  }
}
