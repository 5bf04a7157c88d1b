/**
 * End-to-end tests in the system's Chromium on the production build (`npm run build` first; `npm test` does). Every spec
 * runs twice, with the software adapter and on the road without an adapter; tags keep a test to one of them:
 * `{ tag: '@adapter' }` or `{ tag: '@no-adapter' }`.
 */
import { createServer } from 'node:net';
import { defineConfig } from '@playwright/test';
import { adapterArgs, findChromium, noAdapterArgs } from './scripts/chromium.mjs';

// Playwright reads this file in every worker process too; the environment carries the choice to them.
process.env['HEARTH_E2E_PORT'] ??= String(await freePort());
const port = Number(process.env['HEARTH_E2E_PORT']);
const executablePath = findChromium() ?? 'chromium';

export default defineConfig({
  testDir: 'e2e',
  workers: 1, // the software adapter already uses every core
  timeout: 120_000, // patience, not a bound: the software adapter shares two cores with everything else
  expect: { timeout: 30_000 },
  retries: process.env['CI'] ? 1 : 0,
  forbidOnly: true,
  reporter: 'list',
  use: { baseURL: `http://localhost:${port}`, trace: 'retain-on-failure' },
  projects: [
    {
      name: 'software adapter',
      grepInvert: /@no-adapter\b/,
      use: { launchOptions: { executablePath, args: adapterArgs } },
    },
    {
      name: 'no adapter',
      grepInvert: /@adapter\b/,
      use: { launchOptions: { executablePath, args: noAdapterArgs } },
    },
  ],
  webServer: {
    command: `node scripts/serve.mjs --port ${port}`,
    url: `http://localhost:${port}`,
    reuseExistingServer: false,
  },
});

function freePort(): Promise<number> {
  return new Promise((done, fail) => {
    const server = createServer();
    server.on('error', fail).listen(0, () => {
      const address = server.address();
      server.close(() => (address && typeof address === 'object' ? done(address.port) : fail(new Error('no port'))));
    });
  });
}
