/**
 * WebGPU in Node: Dawn from the `webgpu` package behind `navigator.gpu`, on the real GPU or in software. Dawn finds its
 * adapter through the Vulkan loader, which reads its settings from the environment when the process begins; where
 * software is wanted, the command is therefore started again with the settings that lead to the SwiftShader that comes
 * with Chromium. The browser stays the judge; this is for tools that look inside (bisect, bench).
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, realpathSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import process from 'node:process';
import { findChromium } from './chromium.mjs';

/**
 * Puts `navigator.gpu` and the WebGPU globals in place. Call it first: where the environment must change, this function
 * runs the same command again in a child process and exits with its status.
 */
export async function installDawn() {
  if (process.env['HEARTH_DAWN'] === undefined) {
    const settings = hasRealGpu() ? {} : softwareVulkan();
    if (Object.keys(settings).length > 0) restart(settings);
  }
  const { create, globals } = await import('webgpu');
  Object.assign(globalThis, globals);
  Object.defineProperty(globalThis, 'navigator', { value: { gpu: create([]) }, configurable: true });
}

/** `HEARTH_GPU=1` and `HEARTH_GPU=0` decide; otherwise a device node of a graphics driver does. */
function hasRealGpu() {
  const wanted = process.env['HEARTH_GPU'];
  if (wanted !== undefined) return wanted === '1';
  if (process.platform !== 'linux') return true;
  return (
    existsSync('/dev/nvidia0') ||
    (existsSync('/dev/dri') && readdirSync('/dev/dri').some((n) => n.startsWith('render')))
  );
}

/**
 * What the Vulkan loader needs to find Chromium's software adapter; nothing where there is none.
 * @returns {Record<string, string>}
 */
function softwareVulkan() {
  const chromium = findChromium();
  if (!chromium) return {};
  const candidates = [dirname(realpathSync(chromium)), '/usr/lib/chromium', '/opt/google/chrome'];
  const folder = candidates.find((candidate) => existsSync(join(candidate, 'vk_swiftshader_icd.json')));
  if (!folder) return {};
  const libraries = [folder, process.env['LD_LIBRARY_PATH']].filter(Boolean).join(delimiter);
  return { VK_ICD_FILENAMES: join(folder, 'vk_swiftshader_icd.json'), LD_LIBRARY_PATH: libraries };
}

/**
 * @param {Record<string, string>} settings
 * @returns {never}
 */
function restart(settings) {
  const command = [...process.execArgv, ...process.argv.slice(1)];
  const env = { ...process.env, ...settings, HEARTH_DAWN: '1' };
  const { status } = spawnSync(process.execPath, command, { stdio: 'inherit', env });
  process.exit(status ?? 1);
}
