/**
 * The only place that starts threads. All calls are written out, because the bundler finds workers by this very expression.
 */
import { HearthError } from '../lib/errors';

/** The GPU thread. @throws HearthError `bad-request` when this script was loaded from another site. */
export function spawnEngineWorker(): Worker {
  refuseForeignPage();
  return new Worker(new URL('../../workers/engine.worker.ts', import.meta.url), { type: 'module', name: 'engine' });
}

/** The network thread. @throws HearthError `bad-request` when this script was loaded from another site. */
export function spawnImportWorker(): Worker {
  refuseForeignPage();
  return new Worker(new URL('../../workers/import.worker.ts', import.meta.url), { type: 'module', name: 'import' });
}

/** The benchmark's thread. @throws HearthError `bad-request` when this script was loaded from another site. */
export function spawnBenchWorker(): Worker {
  refuseForeignPage();
  return new Worker(new URL('../../workers/bench.worker.ts', import.meta.url), { type: 'module', name: 'benchmark' });
}

/** Browsers refuse a worker whose script is of another origin, with a message that does not say what to do. */
function refuseForeignPage(): void {
  const own = new URL(import.meta.url).origin;
  if (own === location.origin) return;
  throw new HearthError(
    'bad-request',
    `This page is ${location.origin}, but hearth.js came from ${own}: a cross-origin page cannot start its worker.`,
    { hint: `Import ${own}/embed.js, which runs Hearth in a frame, or serve the built files from your own site.` },
  );
}
