/** What lies in the GPU pack besides our own bundle: files of packages, test data, libraries of this machine. */

/** The archive may weigh this much, in bytes. */
export const LARGEST_ARCHIVE = 60e6;

/** llama.cpp for Vulkan, as node-llama-cpp builds it: fetched when the pack is made, for `npm ci` should not carry it. */
export const llama = {
  package: '@node-llama-cpp/linux-x64-vulkan',
  version: '3.22.1',
  integrity: 'sha512-bBxqU+JOcBu1nb5Qj2zcMci+JByT1E8EajHvYodyNfVIPkEhXh+/HMwR1/BT7xP08YK0hks+kM8fglER0P8JEg==',
};

/**
 * Whether a file of llama.cpp's package is needed. Of its fourteen builds for processors one is: the plainest, for what Vulkan leaves to the
 * processor is the look-up of a token's row.
 * @param {string} file from the package's folder
 */
export function isOfLlama(file) {
  if (file.startsWith('dist/')) return false;
  return !/libggml-cpu-/.test(file) || file.endsWith('libggml-cpu-x64.so');
}

/** Files of the webgpu package: Dawn, and the script that loads it. */
export const dawnFiles = ['package.json', 'index.js', 'LICENSE.md', 'dist/linux-x64/dawn.node'];

/** What tests read, from the repository's folder; what begins with `..` lies beside it, here and in the pack. */
export const testData = [
  'public/models/tales',
  'public/models/tales-draft',
  'src/engine/golden',
  '../shared/testdata/stories260K',
  '../shared/testdata/refmodels/index.json',
  '../shared/testdata/refmodels/gguf/llama-k.q4_k_m.gguf',
  '../shared/testdata/refmodels/gguf/llama-k.q5_k.gguf',
  '../shared/testdata/refmodels/ref/llama-k.q4_k_m.json',
  '../shared/testdata/refmodels/ref/llama-k.q4_k_m.bin',
  '../shared/testdata/refmodels/ref/llama-k.q5_k.json',
  '../shared/testdata/refmodels/ref/llama-k.q5_k.bin',
];

/** Libraries that a bare machine may lack; run.sh takes the machine's own where it has them. */
export const libraries = ['libstdc++.so.6', 'libgcc_s.so.1', 'libvulkan.so.1'];

/**
 * Tests of the GPU stage that need a browser itself, or Vitest's server, and so stay behind.
 * @type {Record<string, string>}
 */
const browserTests = {
  'src/app/': 'the page needs a DOM',
  'src/weights/importer.gpu.test.ts': "the importer needs the browser's own IndexedDB, and no GPU",
  'src/engine/tuning/tuning.gpu.test.ts': "replaces a module, which needs Vitest's server",
};

/**
 * Why a test file stays behind, or null where it comes along.
 * @param {string} file from the repository's folder
 */
export function reasonToLeave(file) {
  return Object.entries(browserTests).find(([start]) => file.startsWith(start))?.[1] ?? null;
}
