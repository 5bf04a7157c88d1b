/**
 * Two kinds of tests: `x.test.ts` in Node without a GPU, `x.gpu.test.ts` in a real Chromium. HEARTH_DEEP=1
 * (npm run test:deep) runs the same tests with more samples.
 */
import { playwright } from '@vitest/browser-playwright';
import { defineConfig } from 'vitest/config';
import { adapterArgs, findChromium } from './scripts/chromium.mjs';
import { xgrammar } from './scripts/vite-xgrammar.mjs';

const deep = process.env['HEARTH_DEEP'] === '1';

/** What both kinds share. Tests read `import.meta.env.HEARTH_DEEP` in Node and in the browser alike. */
const common = {
  env: { HEARTH_DEEP: deep ? '1' : '' },
  setupFiles: ['scripts/vitest-setup.ts'],
  testTimeout: deep ? 1_800_000 : 180_000, // patience, not a bound
  hookTimeout: deep ? 600_000 : 180_000,
};

export default defineConfig({
  test: {
    projects: [
      {
        extends: true,
        plugins: [xgrammar()],
        test: {
          ...common,
          name: 'unit',
          environment: 'node',
          include: ['{src,workers,scripts}/**/*.test.{ts,tsx}'],
          exclude: ['**/*.gpu.test.ts'],
        },
      },
      {
        extends: true,
        plugins: [xgrammar()],
        // Tests in the browser may read the test data beside the repository, where it is.
        server: { fs: { allow: ['.', '../shared/testdata'] } },
        // Found beforehand: a dependency discovered in mid-run makes the browser load its tests again.
        optimizeDeps: {
          entries: ['src/**/*.gpu.test.ts', 'src/app/state/store.ts', 'src/app/markdown/*.ts*'],
          include: [
            'comlink',
            'workbox-window',
            'zustand',
            'zustand/vanilla',
            '@lingui/core',
            '@lingui/message-utils/compileMessage',
          ],
        },
        test: {
          ...common,
          name: 'gpu',
          include: ['src/**/*.gpu.test.ts'],
          browser: {
            enabled: true,
            headless: true,
            screenshotFailures: false,
            provider: playwright({
              launchOptions: { executablePath: findChromium() ?? 'chromium', args: adapterArgs },
            }),
            instances: [{ browser: 'chromium' }],
          },
        },
      },
    ],
  },
});
