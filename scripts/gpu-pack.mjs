/**
 * `npm run gpu:pack`: one archive that runs the GPU tests and the benchmark, beside llama.cpp, on a bare x86-64 Linux machine
 * with a Vulkan driver. It holds its own Node (this one, without symbols), Dawn, llama.cpp, our bundle and the tests' data.
 *
 *   npm run gpu:pack                 build/hearth-gpu/ and build/hearth-gpu.tar.xz
 *   npm run gpu:pack -- --folder     the folder alone
 *
 * There: tar xJf hearth-gpu.tar.xz && hearth-gpu/run.sh
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { bundle, gpuTests } from './gpu-pack/bundle.mjs';
import {
  dawnFiles,
  isOfLlama,
  LARGEST_ARCHIVE,
  libraries,
  llama,
  reasonToLeave,
  testData,
} from './gpu-pack/contents.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const out = join(root, 'build/hearth-gpu');
const archive = `${out}.tar.xz`;

try {
  if (process.platform !== 'linux' || process.arch !== 'x64')
    throw new Error(
      `The pack is made on x86-64 Linux, for its Node is this one; this is ${process.platform} ${process.arch}.`,
    );
  rmSync(out, { recursive: true, force: true });
  for (const file of gpuTests(root)) {
    const reason = reasonToLeave(file);
    if (reason !== null) console.log(`${file} stays behind: ${reason}`);
  }
  await bundle(root, join(out, 'hearth/app'));
  copyData();
  copyNode();
  copyLibraries();
  for (const file of dawnFiles) copy(join('node_modules/webgpu', file), join('node_modules/webgpu', file));
  fetchLlama();
  copy('scripts/gpu-pack/run.sh', 'run.sh');
  console.log(`${megabytes(weigh(out))}  build/hearth-gpu`);
  if (!process.argv.includes('--folder')) pack();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}

function copyData() {
  for (const path of testData) {
    if (!path.startsWith('..') || existsSync(join(root, path))) copy(path, join('hearth', path));
    else console.log(`${path} is not here: its tests will skip.`);
  }
}

function copyNode() {
  const node = join(out, 'bin/node');
  mkdirSync(dirname(node), { recursive: true });
  cpSync(realpathSync(process.execPath), node);
  run('strip', ['-s', node], 'The symbols stay in: install binutils for a smaller pack.');
  if (!run(node, ['--version'])) throw new Error('The copied Node does not run.');
}

function copyLibraries() {
  const folders = ['/usr/lib/x86_64-linux-gnu', '/lib/x86_64-linux-gnu', '/usr/lib64', '/usr/lib', '/usr/lib/chromium'];
  for (const name of libraries) {
    const folder = folders.find((folder) => existsSync(join(folder, name)));
    if (folder)
      copy(join(folder, name), join('lib', name, name)); // a folder each, for each may be the one that is missing
    else console.log(`${name} is not on this machine, so the pack relies on the other's.`);
  }
}

/** @throws Error when the package is not the one that was pinned. */
function fetchLlama() {
  const folder = mkdtempSync(join(tmpdir(), 'hearth-llama-'));
  try {
    run('npm', ['pack', '--silent', '--pack-destination', folder, `${llama.package}@${llama.version}`]);
    const [file] = readdirSync(folder);
    if (file === undefined) throw new Error(`npm could not fetch ${llama.package}@${llama.version} (see above).`);
    const hash = `sha512-${createHash('sha512')
      .update(readFileSync(join(folder, file)))
      .digest('base64')}`;
    if (hash !== llama.integrity)
      throw new Error(
        `${llama.package}@${llama.version} has the hash ${hash}; ${llama.integrity} is pinned in scripts/gpu-pack/contents.mjs.`,
      );
    run('tar', ['xzf', join(folder, file), '-C', folder]);
    const unpacked = join(folder, 'package');
    for (const name of readdirSync(unpacked, { recursive: true, encoding: 'utf8' })) {
      const isFile = statSync(join(unpacked, name)).isFile();
      if (isFile && isOfLlama(name)) copy(join(unpacked, name), join('node_modules', llama.package, name));
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function pack() {
  const packed = run('tar', ['-cJf', archive, '-C', dirname(out), 'hearth-gpu'], '', { XZ_OPT: '-6 -T2' });
  if (!packed)
    throw new Error(
      'tar could not write the archive (see above); it needs xz (on Debian: "apt-get install xz-utils").',
    );
  const { size } = statSync(archive);
  console.log(`${megabytes(size)}  build/hearth-gpu.tar.xz (limit ${megabytes(LARGEST_ARCHIVE)})`);
  if (size > LARGEST_ARCHIVE) throw new Error('The archive is too heavy.');
}

/**
 * @param {string} from absolute, or from the repository's folder
 * @param {string} to from the pack's folder
 */
function copy(from, to) {
  const target = join(out, to);
  mkdirSync(dirname(target), { recursive: true });
  const source = realpathSync(from.startsWith('/') ? from : join(root, from));
  cpSync(source, target, { recursive: true });
  if (statSync(target).isFile()) chmodSync(target, statSync(source).mode | 0o200);
}

/**
 * @param {string} command
 * @param {string[]} args
 * @param {string} [orElse] what to say when it fails
 * @param {Record<string, string>} [env]
 */
function run(command, args, orElse = '', env = {}) {
  const { status } = spawnSync(command, args, {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, ...env },
  });
  if (status !== 0 && orElse !== '') console.log(orElse);
  return status === 0;
}

/** @param {string} folder */
function weigh(folder) {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => statSync(join(folder, name)))
    .reduce((sum, { size }) => sum + size, 0);
}

/** @param {number} bytes */
function megabytes(bytes) {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}
