/**
 * `npm run refresh:models [FOLDER]`: takes over a new training of the bundled models. Copies both checkpoints to public/models and the
 * golden vectors to src/engine/golden, each file checked against the SHA256SUMS beside it before anything is written.
 * FOLDER (by default ../shared/models) holds tales/, tales-draft/ and golden/.
 *
 * Nothing else in the repository depends on the weights' values: run `npm run test:deep` afterwards.
 */
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

/** Where each folder of the source goes. */
const FOLDERS = {
  tales: 'public/models/tales',
  'tales-draft': 'public/models/tales-draft',
  golden: 'src/engine/golden',
};

const SUMS = 'SHA256SUMS';

const root = fileURLToPath(new URL('..', import.meta.url));
const source = resolve(process.argv[2] ?? join(root, '../shared/models'));

try {
  const folders = Object.entries(FOLDERS).map(([from, to]) => ({
    to: join(root, to),
    files: verified(join(source, from)),
  }));
  for (const { to, files } of folders) replaceFolder(to, files);
  const count = folders.reduce((sum, { files }) => sum + files.size, 0);
  console.log(`${count} files are as their checksums say and in place. Run npm run test:deep next.`);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}

/**
 * The files a folder's SHA256SUMS lists, and the list itself.
 * @param {string} folder
 * @returns {Map<string, Buffer>}
 */
function verified(folder) {
  const sums = readFileSync(join(folder, SUMS));
  /** @type {Map<string, Buffer>} */
  const files = new Map([[SUMS, sums]]);
  for (const line of sums.toString('utf8').trim().split('\n')) {
    const [expected, name] = line.split(/\s+\*?/);
    if (!expected || !name || /[/\\]/.test(name))
      throw new Error(`${join(folder, SUMS)} has the line "${line}"; expected a sum and a name.`);
    const bytes = readFileSync(join(folder, name));
    const found = createHash('sha256').update(bytes).digest('hex');
    if (found !== expected)
      throw new Error(`${join(folder, name)} has the sum ${found}; ${SUMS} says ${expected}. Nothing was changed.`);
    files.set(name, bytes);
  }
  return files;
}

/**
 * @param {string} folder
 * @param {Map<string, Buffer>} files
 */
function replaceFolder(folder, files) {
  mkdirSync(folder, { recursive: true });
  for (const name of readdirSync(folder)) if (!files.has(name)) rmSync(join(folder, name), { recursive: true });
  for (const [name, bytes] of files) writeFileSync(join(folder, name), bytes);
}
