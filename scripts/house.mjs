/**
 * The walls of the house: which folder of `src` may import which, and which packages. `npm run lint` and `npm test` run
 * it. Cycles between single files are oxlint's business (import/no-cycle). Tests and what is written for them may look
 * anywhere, so they are not walked.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import path from 'node:path';
import process from 'node:process';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseSync } from 'vite';

/**
 * For each room, the rooms it may import, or parts of them; "(types)" allows only what disappears in the build. Everyone may import lib.
 * Two exceptions are in `findViolations`: CPU twins of kernels unpack weights with quant, and who sees the types of quant
 * sees all of quant/format, the drawing of the bits.
 * @type {Record<string, string[]>}
 */
const mayImport = {
  lib: [],
  gpu: [],
  quant: [],
  text: [],
  kernels: ['gpu', 'quant (types)'],
  weights: ['quant'],
  models: ['kernels', 'gpu', 'weights (types)', 'quant (types)'],
  engine: ['models', 'kernels', 'gpu', 'text', 'weights', 'quant'],
  bench: ['engine', 'models', 'kernels', 'gpu', 'quant', 'weights (types)'],
  protocol: ['weights (types)', 'bench (types)'],
  remote: ['protocol (types)'],
  catalog: ['protocol (types)'],
  client: ['protocol', 'catalog'],
  app: ['client', 'catalog', 'protocol (types)'],
  embed: ['client', 'catalog', 'protocol', 'app/strings', 'app/format', 'app/markdown', 'app/ui'],
  'embed-sdk': ['protocol'],
  workers: ['protocol', 'engine', 'bench', 'models', 'gpu', 'weights', 'remote'],
};

/**
 * Packages that only some rooms may import; packages not named here are free.
 * @type {Record<string, string[]>}
 */
const packageRooms = {
  react: ['app', 'embed'],
  'react-dom': ['app', 'embed'],
  zustand: ['app', 'embed'],
  comlink: ['client', 'protocol', 'workers'],
  'idb-keyval': ['weights', 'remote', 'app', 'workers'],
};

/** The one file that may start a worker, so that where threads begin is never a question. */
const workerSpawner = 'src/client/spawn-worker.ts';

/** Commands that live beside the code they look into; they run in Node only and never reach a page. */
const nodeFiles = [
  'src/bench/command.ts',
  'src/bench/results.ts',
  'src/engine/bisect.ts',
  'src/engine/measure.ts',
  'src/engine/profile.ts',
];

/**
 * @param {string} file as "src/engine/engine.ts"
 * @returns {string | undefined} its room, e.g. "engine"
 */
const roomOf = (file) => /^(?:src\/([^/]+)|(workers)\/)/.exec(file)?.slice(1).find(Boolean);

/** @param {string} file */
const isTest = (file) => /\.test\.tsx?$|\/testing\/|\/test-[^/]+$/.test(file);

/**
 * What one file does against the plan of the house, as sentences.
 * @param {string} file path from the repository's folder, with "/"
 * @param {string} source
 */
export function findViolations(file, source) {
  const room = roomOf(file);
  if (!room || isTest(file)) return [];
  const rooms = mayImport[room];
  if (!rooms) return [`${file}: the folder "${room}" is not in the plan of the house (scripts/house.mjs)`];
  const violations = [];
  for (const { specifier, typesOnly } of importsOf(file, source)) {
    if (specifier.startsWith('.')) {
      const targetFile = path.posix.join(path.posix.dirname(file), specifier);
      const target = roomOf(targetFile);
      const allowed =
        target === room ||
        target === 'lib' ||
        (target !== undefined && rooms.includes(target)) ||
        rooms.some((part) => part.includes('/') && `${targetFile}/`.startsWith(`src/${part}/`)) ||
        (typesOnly && rooms.includes(`${target} (types)`)) ||
        (target === 'quant' && room === 'kernels' && file.endsWith('.cpu.ts')) ||
        (specifier.endsWith('/quant/format') && rooms.includes('quant (types)'));
      if (!allowed) violations.push(`${file}: "${room}" may not import "${specifier}"`);
    } else {
      const [first = '', second] = specifier.split('/');
      const packageName = first.startsWith('@') ? `${first}/${second}` : first;
      if (packageRooms[packageName]?.includes(room) === false)
        violations.push(`${file}: "${room}" may not import the package "${packageName}"`);
      const nodeOnly = specifier.startsWith('node:') || builtinModules.includes(packageName);
      if (nodeOnly && !nodeFiles.includes(file))
        violations.push(`${file}: "${specifier}" exists in Node only, and this code runs in browsers`);
    }
  }
  if (/\bnew (Shared)?Worker\s*\(/.test(source) && file !== workerSpawner)
    violations.push(`${file}: only ${workerSpawner} starts workers`);
  return violations;
}

/**
 * Every static and dynamic import and re-export of a file. Dynamic ones with a computed address are not seen.
 * @param {string} file
 * @param {string} source
 * @returns {{ specifier: string, typesOnly: boolean }[]}
 */
function importsOf(file, source) {
  const { staticImports, staticExports, dynamicImports } = parseSync(file, source).module;
  const imports = staticImports.map(({ moduleRequest, entries }) => ({
    specifier: moduleRequest.value,
    typesOnly: entries.length > 0 && entries.every((entry) => entry.isType),
  }));
  for (const { entries } of staticExports)
    for (const { moduleRequest, isType } of entries)
      if (moduleRequest) imports.push({ specifier: moduleRequest.value, typesOnly: isType });
  for (const { moduleRequest } of dynamicImports) {
    const literal = /^(['"`])(.*)\1$/s.exec(source.slice(moduleRequest.start, moduleRequest.end))?.[2];
    if (literal) imports.push({ specifier: literal, typesOnly: false });
  }
  return imports;
}

/**
 * All violations of the repository.
 * @param {string} root the repository's folder
 */
export function inspectHouse(root) {
  return ['src', 'workers']
    .filter((folder) => existsSync(path.join(root, folder)))
    .flatMap((folder) =>
      readdirSync(path.join(root, folder), { recursive: true, encoding: 'utf8' })
        .map((name) => path.posix.join(folder, name.replaceAll(path.sep, '/')))
        .filter((file) => /\.tsx?$/.test(file)),
    )
    .flatMap((file) => findViolations(file, readFileSync(path.join(root, file), 'utf8')));
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const violations = inspectHouse(fileURLToPath(new URL('..', import.meta.url)));
  for (const violation of violations) console.error(violation);
  console.log(violations.length === 0 ? 'Every import goes the way of the house.' : 'ARCHITECTURE.md has the plan.');
  process.exitCode = violations.length === 0 ? 0 : 1;
}
