/** The pack takes every GPU test along, or says why not; and what it takes is there. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { expect, it } from 'vitest';
import { bundle, gpuTests } from './bundle.mjs';
import { isOfLlama, reasonToLeave, testData } from './contents.mjs';

const root = resolve(import.meta.dirname, '../..');

it('every kernel test comes along, and few others stay behind', () => {
  const left = gpuTests(root).filter((file) => reasonToLeave(file) !== null);
  expect(left.filter((file) => !file.startsWith('src/app/')).toSorted()).toEqual([
    'src/engine/tuning/tuning.gpu.test.ts',
    'src/weights/importer.gpu.test.ts',
  ]);
});

it('what tests read is in the repository, or beside it', () => {
  expect(testData.filter((path) => !path.startsWith('..') && !existsSync(join(root, path)))).toEqual([]);
});

it('of llama.cpp comes what a GPU needs', () => {
  const names = ['libggml-vulkan.so', 'libggml-cpu-x64.so', 'llama-addon.node', 'libggml-cpu-zen4.so'];
  const kept = names.filter((name) => isOfLlama(`bins/linux-x64-vulkan/${name}`));
  expect(kept).toEqual(names.slice(0, 3));
});

it.skipIf(import.meta.env['HEARTH_DEEP'] !== '1')('the bundle runs without the repository', async () => {
  const out = mkdtempSync(join(tmpdir(), 'hearth-pack-'));
  try {
    await bundle(root, out);
    const { stdout, status } = spawnSync(process.execPath, [join(out, 'main.mjs'), '--help'], { encoding: 'utf8' });
    expect(status).toBe(0);
    expect(stdout).toContain('./run.sh [options]');
    expect(existsSync(join(out, 'tests/kernels.matmul.matmul.mjs'))).toBe(true);
  } finally {
    rmSync(out, { recursive: true });
  }
});
