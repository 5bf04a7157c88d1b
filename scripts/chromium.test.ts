import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { findChromium } from './chromium.mjs';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'hearth-chromium-'));
  vi.stubEnv('HEARTH_CHROMIUM', undefined);
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

function place(name: string): string {
  const path = join(folder, name);
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, '');
  chmodSync(path, 0o755);
  return path;
}

it('takes the browser that HEARTH_CHROMIUM names, before those on the path', () => {
  const mine = place('mine/browser');
  place('bin/chromium');
  vi.stubEnv('PATH', join(folder, 'bin'));
  vi.stubEnv('HEARTH_CHROMIUM', mine);
  expect(findChromium()).toBe(mine);
});

it('says so when HEARTH_CHROMIUM names nothing, instead of taking another', () => {
  place('bin/chromium');
  vi.stubEnv('PATH', join(folder, 'bin'));
  vi.stubEnv('HEARTH_CHROMIUM', join(folder, 'gone'));
  expect(() => findChromium()).toThrow(/HEARTH_CHROMIUM is ".*gone", but there is no such file/);
});

it('finds Chromium or Chrome on the path', () => {
  vi.stubEnv('PATH', ['', join(folder, 'empty'), join(folder, 'bin')].join(delimiter));
  const chrome = place('bin/google-chrome');
  expect(findChromium()).toBe(chrome);
  const chromium = place('bin/chromium');
  expect(findChromium()).toBe(chromium);
});
