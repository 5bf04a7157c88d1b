/**
 * Weighs what a first visit fetches before a model: the scripts and styles that index.html names
 * and the workers that start with the page; the benchmark's starts with its screen. What is fetched together with a model (load-words.ts) is not counted, nor are the
 * files of models. Run after a build.
 */
import { readdirSync, readFileSync } from 'node:fs';
import process from 'node:process';
import { gzipSync } from 'node:zlib';

const limitKb = 250;
const dist = new URL('../dist/', import.meta.url);

const html = readFileSync(new URL('index.html', dist), 'utf8');
const named = [...html.matchAll(/(?:src|href)="\/([^"]+\.(?:js|css))"/g)].map((match) => match[1] ?? '');
const workers = ['engine', 'import'].flatMap((thread) => {
  const folder = `workers/${thread}.worker`;
  return readdirSync(new URL(folder, dist)).map((name) => `${folder}/${name}`);
});

let totalKb = 0;
for (const file of new Set([...named, ...workers])) {
  const kb = gzipSync(readFileSync(new URL(file, dist))).length / 1000;
  totalKb += kb;
  console.log(`${kb.toFixed(1).padStart(7)} kB  ${file}`);
}
console.log(`${totalKb.toFixed(1).padStart(7)} kB  first load, gzip (limit ${limitKb} kB)`);
if (named.length === 0 || totalKb > limitKb) {
  console.error(
    named.length === 0 ? 'index.html names no script: nothing was weighed.' : 'The first load is too heavy.',
  );
  process.exitCode = 1;
}
