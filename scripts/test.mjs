/**
 * `npm test`: everything we know how to check, on a machine that has only Node and git. Sets itself up, runs every stage
 * even when an earlier one has failed, and ends with one line: `N passed, N failed, N skipped`. A static check counts as one.
 *
 *   npm test                 all stages
 *   npm test -- unit lint    some of them
 *   npm run test:deep        the same tests with more samples (HEARTH_DEEP=1)
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { ensureChromium } from './chromium.mjs';
import { ensureDependencies } from './dependencies.mjs';

/**
 * What one stage found. Failures and skips are names for the person to read.
 * @typedef {{ passed: number, failures: string[], skips: string[] }} Tally
 * @typedef {{ name: string, command: string[], counts: 'one' | 'tests', needs?: string }} Stage
 */

const root = fileURLToPath(new URL('..', import.meta.url));

/**
 * A command of an installed package, started with this very Node.
 * @param {string} script below node_modules
 * @param {string[]} args
 */
const tool = (script, ...args) => [join('node_modules', script), ...args];

/**
 * @param {string} project of vitest.config.ts
 */
const vitest = (project) =>
  tool('vitest/vitest.mjs', 'run', '--project', project, '--reporter=default', '--reporter=./scripts/tally-vitest.mjs');

/** @type {Stage[]} */
const stages = [
  { name: 'format', counts: 'one', command: tool('prettier/bin/prettier.cjs', '--check', '--log-level', 'warn', '.') },
  { name: 'lint', counts: 'one', command: tool('oxlint/bin/oxlint', '--type-aware', '--deny-warnings') },
  { name: 'house', counts: 'one', command: ['scripts/house.mjs'] },
  { name: 'types', counts: 'one', command: tool('typescript/bin/tsc', '-p', '.') },
  { name: 'unit', counts: 'tests', command: vitest('unit') },
  { name: 'gpu', counts: 'tests', command: vitest('gpu') },
  { name: 'build', counts: 'one', command: tool('vite/bin/vite.js', 'build', '--logLevel', 'warn') },
  { name: 'size', counts: 'one', command: ['scripts/size.mjs'], needs: 'build' },
  {
    name: 'e2e',
    counts: 'tests',
    command: tool('@playwright/test/cli.js', 'test', '--reporter=list,./scripts/tally-playwright.mjs'),
    needs: 'build',
  },
];

const args = process.argv.slice(2);
const wanted = args.filter((arg) => !arg.startsWith('--'));

try {
  for (const name of wanted)
    if (!stages.some((stage) => stage.name === name))
      throw new Error(`There is no stage "${name}"; there are ${stages.map((stage) => stage.name).join(', ')}.`);
  if (args.includes('--deep')) process.env['HEARTH_DEEP'] = '1';
  ensureDependencies(root);
  process.env['HEARTH_CHROMIUM'] = ensureChromium();
  const results = await runStages(stages.filter(({ name }) => wanted.length === 0 || wanted.includes(name)));
  process.exitCode = report(results) ? 0 : 1;
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}

/**
 * Runs the stages one after another; one whose prerequisite has failed counts as failed.
 * @param {Stage[]} selected
 */
async function runStages(selected) {
  /** @type {(Tally & { name: string, seconds: number })[]} */
  const results = [];
  for (const stage of selected) {
    console.log(`\n── ${stage.name} ${'─'.repeat(70 - stage.name.length)}`);
    const startMs = performance.now();
    const blocked = results.find(({ name, failures }) => name === stage.needs && failures.length > 0);
    const tally = blocked
      ? { passed: 0, failures: [`not run: the ${stage.needs} stage failed`], skips: [] }
      : await runStage(stage);
    results.push({ name: stage.name, seconds: (performance.now() - startMs) / 1000, ...tally });
  }
  return results;
}

/**
 * @param {Stage} stage
 * @returns {Promise<Tally>}
 */
async function runStage({ command, counts }) {
  const folder = mkdtempSync(join(tmpdir(), 'hearth-test-'));
  const tallyFile = join(folder, 'tally.json');
  try {
    const succeeded = await run(command, { HEARTH_TALLY: tallyFile });
    if (counts === 'one') return { passed: succeeded ? 1 : 0, failures: succeeded ? [] : ['see above'], skips: [] };
    if (!existsSync(tallyFile)) return { passed: 0, failures: ['ended without a report, see above'], skips: [] };
    /** @type {Tally} */
    const tally = JSON.parse(readFileSync(tallyFile, 'utf8'));
    if (!succeeded && tally.failures.length === 0)
      tally.failures.push('ended with an error outside its tests, see above');
    return tally;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/**
 * Runs a script with this Node and lets it write to our terminal.
 * @param {string[]} command
 * @param {Record<string, string>} env in addition to ours
 * @returns {Promise<boolean>} whether it ended with status 0
 */
function run(command, env) {
  return new Promise((done) => {
    const child = spawn(process.execPath, command, { cwd: root, stdio: 'inherit', env: { ...process.env, ...env } });
    child.on('error', () => done(false));
    child.on('exit', (status) => done(status === 0));
  });
}

/**
 * Prints what was found; the last line is the sum, alone.
 * @param {(Tally & { name: string, seconds: number })[]} results
 * @returns {boolean} whether nothing failed
 */
function report(results) {
  console.log(`\n── sum ${'─'.repeat(67)}`);
  for (const { name, passed, failures, skips, seconds } of results)
    console.log(
      `${name.padEnd(8)}${String(passed).padStart(6)} passed${String(failures.length).padStart(5)} failed` +
        `${String(skips.length).padStart(5)} skipped${seconds.toFixed(1).padStart(8)} s`,
    );
  for (const { name, skips } of results) for (const skip of skips) console.log(`skipped  ${name}: ${skip}`);
  for (const { name, failures } of results) for (const failure of failures) console.log(`FAILED   ${name}: ${failure}`);
  /** @param {(tally: Tally) => number} count */
  const sum = (count) => results.reduce((total, tally) => total + count(tally), 0);
  const failed = sum(({ failures }) => failures.length);
  console.log(`\n${sum(({ passed }) => passed)} passed, ${failed} failed, ${sum(({ skips }) => skips.length)} skipped`);
  return failed === 0;
}
