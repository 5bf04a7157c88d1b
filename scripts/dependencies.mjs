/**
 * Makes `node_modules` what `package-lock.json` says, and nothing when it already is. Uses only what comes with Node,
 * because it runs before anything is installed.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';

/**
 * @typedef {{ version?: string, integrity?: string, optional?: boolean }} LockedPackage
 * @typedef {Record<string, LockedPackage>} LockedPackages by folder, e.g. "node_modules/vite"
 */

/**
 * Whether what is installed is what is locked. npm leaves a record of what it installed in `node_modules/.package-lock.json`;
 * every locked package must stand there with the same content. Optional ones (binaries of other platforms) may be absent.
 * @param {string} root the repository's folder
 */
export function dependenciesAreCurrent(root) {
  const installed = readPackages(join(root, 'node_modules', '.package-lock.json'));
  const locked = readPackages(join(root, 'package-lock.json'));
  if (!installed || !locked) return false;
  return Object.entries(locked).every(([folder, wanted]) => {
    if (folder === '') return true;
    const present = installed[folder];
    if (!present) return wanted.optional === true;
    return present.version === wanted.version && present.integrity === wanted.integrity;
  });
}

/**
 * Installs the locked dependencies when they are missing or stale.
 * @param {string} root the repository's folder
 * @throws Error with a sentence for the person when this Node is too old or npm fails.
 */
export function ensureDependencies(root) {
  requireNode(root);
  if (dependenciesAreCurrent(root)) return;
  console.log('Installing the locked dependencies (npm ci); this takes about a minute.');
  const npmCli = process.env['npm_execpath'];
  const args = ['ci', '--include=dev', '--no-fund', '--no-audit'];
  const { status } = npmCli?.endsWith('.js')
    ? spawnSync(process.execPath, [npmCli, ...args], { cwd: root, stdio: 'inherit' })
    : spawnSync('npm', args, { cwd: root, stdio: 'inherit', shell: process.platform === 'win32' });
  if (status !== 0) {
    throw new Error('"npm ci" failed (see above). The first run needs a network connection; then try again.');
  }
}

/** @param {string} root */
function requireNode(root) {
  const { engines } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const [wantedMajor = 0, wantedMinor = 0] = engines.node.replace('>=', '').split('.').map(Number);
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major > wantedMajor || (major === wantedMajor && minor >= wantedMinor)) return;
  throw new Error(
    `Hearth needs Node ${engines.node}, this is ${process.versions.node}. Get a newer one from https://nodejs.org.`,
  );
}

/**
 * @param {string} path of a lock file
 * @returns {LockedPackages | null} null when there is no such file
 */
function readPackages(path) {
  return existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')).packages : null;
}
