/**
 * What every test and bench must know about the browser: where it is on this machine and how it is started.
 * Tests run in the system's own Chromium, so no browser is downloaded from npm. `HEARTH_CHROMIUM` names another one.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Quiet and reproducible: no first-run pages, nothing fetched behind our back. `--no-sandbox` is what root needs. */
const quietArgs = [
  '--no-sandbox',
  '--no-first-run',
  '--disable-quic',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/**
 * Chromium with WebGPU: in software, so that the same tests run on every machine, or on the real adapter with `HEARTH_GPU=1`.
 * The software adapter (SwiftShader) has subgroups of 4 and no shader-f16.
 */
export const adapterArgs = [
  ...quietArgs,
  '--enable-unsafe-webgpu',
  ...(process.env['HEARTH_GPU'] === '1'
    ? ['--enable-features=Vulkan', '--use-angle=vulkan', '--ignore-gpu-blocklist']
    : ['--use-webgpu-adapter=swiftshader']),
];

/** Chromium as it is on a machine without a usable GPU: `requestAdapter()` answers null. */
export const noAdapterArgs = [...quietArgs, '--disable-gpu'];

const commandNames = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];

const wellKnownPaths = [
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
  'C:\\Program Files (x86)\\Google\\Chrome\\Application\\chrome.exe',
];

/**
 * The path of a Chromium on this machine, or null when there is none.
 * @throws Error when `HEARTH_CHROMIUM` names a file that does not exist.
 * @returns {string | null}
 */
export function findChromium() {
  const named = process.env['HEARTH_CHROMIUM'];
  if (named) {
    if (existsSync(named)) return named;
    throw new Error(`HEARTH_CHROMIUM is "${named}", but there is no such file. Point it at a Chromium or unset it.`);
  }
  const onPath = (process.env['PATH'] ?? '')
    .split(delimiter)
    .filter((folder) => folder !== '')
    .flatMap((folder) => commandNames.map((name) => join(folder, name)));
  return [...onPath, ...wellKnownPaths].find((path) => existsSync(path)) ?? null;
}

/**
 * Finds a Chromium; as root on Debian installs one with apt when there is none.
 * @throws Error with a sentence that says what to install.
 * @returns {string}
 */
export function ensureChromium() {
  const found = findChromium();
  if (found) return found;
  if (isDebian() && process.getuid?.() === 0) {
    console.log('No Chromium here: installing the chromium package with apt-get.');
    apt('update');
    apt('install', '-y', '--no-install-recommends', 'chromium');
    const installed = findChromium();
    if (installed) return installed;
  }
  throw new Error(
    'The tests need Chromium or Google Chrome, and none was found. Install one (on Debian: "sudo apt-get install ' +
      'chromium"; elsewhere: https://www.google.com/chrome), or set HEARTH_CHROMIUM to the path of its executable.',
  );
}

function isDebian() {
  return existsSync('/etc/os-release') && /^ID=debian$/m.test(readFileSync('/etc/os-release', 'utf8'));
}

/** @param {string[]} args */
function apt(...args) {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const { status } = spawnSync('apt-get', ['-q', ...args], { stdio: 'inherit', env });
  if (status !== 0) throw new Error(`"apt-get ${args.join(' ')}" failed. Install Chromium by hand and try again.`);
}
