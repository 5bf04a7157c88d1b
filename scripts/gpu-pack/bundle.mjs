/** The pack's scripts and the GPU tests, bundled for a Node that has no packages beside it but Dawn and llama.cpp. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'vite';
import { xgrammar } from '../vite-xgrammar.mjs';
import { reasonToLeave } from './contents.mjs';

const scripts = ['main', 'test-file', 'bench-shape', 'llama-server'];

/**
 * @param {string} root the repository's folder
 * @returns {string[]} as "src/gpu/webgpu-backend.gpu.test.ts"
 */
export function gpuTests(root) {
  return readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.gpu.test.ts'))
    .map((file) => `src/${file}`);
}

/**
 * @param {string} root the repository's folder
 * @param {string} outDir gets `main.mjs` and the others, and `tests/kernels.embed.embed.mjs` and its like
 */
export async function bundle(root, outDir) {
  const tests = gpuTests(root).filter((file) => reasonToLeave(file) === null);
  const nameOf = (/** @type {string} */ file) => file.slice('src/'.length, -'.gpu.test.ts'.length).replaceAll('/', '.');
  const input = Object.fromEntries([
    ...scripts.map((name) => [name, join(root, `scripts/gpu-pack/${name}.ts`)]),
    ...tests.map((file) => [`tests/${nameOf(file)}`, join(root, file)]),
  ]);
  await build({
    root,
    configFile: false,
    logLevel: 'warn',
    publicDir: false,
    plugins: [xgrammar()],
    ssr: { noExternal: true, external: ['webgpu', 'vitest/browser'] },
    build: {
      ssr: true,
      target: 'node20',
      outDir,
      emptyOutDir: true,
      rolldownOptions: {
        input,
        // Side by side, so that import.meta.url leads to the same folder in all of them.
        output: { entryFileNames: '[name].mjs', chunkFileNames: '[name]-[hash].mjs' },
      },
    },
  });
}
