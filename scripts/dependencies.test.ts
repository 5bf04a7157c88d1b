import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { dependenciesAreCurrent } from './dependencies.mjs';

const vite = { version: '8.0.0', integrity: 'sha512-a' };
const macOnly = { version: '1.0.0', integrity: 'sha512-b', optional: true };
let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'hearth-dependencies-'));
  mkdirSync(join(root, 'node_modules'));
});
afterEach(() => rmSync(root, { recursive: true }));

function lock(packages: object) {
  writeFileSync(join(root, 'package-lock.json'), JSON.stringify({ packages: { '': { name: 'x' }, ...packages } }));
}
function install(packages: object) {
  writeFileSync(join(root, 'node_modules', '.package-lock.json'), JSON.stringify({ packages }));
}

it('is current when everything locked is installed, binaries of other platforms aside', () => {
  lock({ 'node_modules/vite': vite, 'node_modules/mac': macOnly });
  install({ 'node_modules/vite': vite });
  expect(dependenciesAreCurrent(root)).toBe(true);
});

it('is stale when nothing is installed, or the installation broke off', () => {
  lock({ 'node_modules/vite': vite });
  expect(dependenciesAreCurrent(root)).toBe(false);
});

it.each([
  ['a package is missing', {}],
  ['another version is there', { 'node_modules/vite': { ...vite, version: '7.0.0' } }],
  ['the same version has other content', { 'node_modules/vite': { ...vite, integrity: 'sha512-z' } }],
  [
    'an optional package has another version',
    { 'node_modules/vite': vite, 'node_modules/mac': { ...macOnly, version: '2.0.0' } },
  ],
])('is stale when %s', (_, installed) => {
  lock({ 'node_modules/vite': vite, 'node_modules/mac': macOnly });
  install(installed);
  expect(dependenciesAreCurrent(root)).toBe(false);
});
