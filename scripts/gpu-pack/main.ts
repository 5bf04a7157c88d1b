/* oxlint-disable no-console -- a command: its output is the point */
/**
 * The pack's command, begun by run.sh: every GPU test, then every shape, ours and llama.cpp's in turns. What is found is written after
 * each part, so that a run that is cut short has told what it had.
 */
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import process from 'node:process';
import { parseArgs } from 'node:util';
import type { BenchReport } from '../../src/bench/bench';
import { SHAPES } from '../../src/bench/shapes';
import { tableOf } from '../../src/bench/table';
import type { ShapeWish } from './bench-shape';
import { runChild, scriptPath } from './child';
import type { TestTally } from './test-file';

const USAGE = `./run.sh [options]

  --only tests|bench   one of the two
  --budget 30          minutes for all, tests no more than half; what does not fit is left out and named
  --shapes A,B         of ${SHAPES.map(({ name }) => name).join(', ')}; all if absent
  --rounds 7           repeats of every figure
  --whole 60           seconds of a shape beyond which one layer is timed for all, and llama.cpp not at all
  --contexts 128,2048,8192   --prompts 16,128,512,2048
  --tuned              the kernels of each shape are tuned first, and timed in turns with the defaults
  --kernels A,B        shapes whose kernels are judged and timed one by one as well, at the end; "" for none
  --tests PART         only test files whose name holds PART
  --no-llama           without llama.cpp
  --llama-cpu          llama.cpp on the processor where it finds no GPU: shows that the way works, compares nothing
  --out results        folder of results.json, results.txt and, for a while, random.gguf (up to 4.6 GB)`;

interface Results {
  readonly startedAt: string;
  readonly host: { readonly node: string; readonly cores: number };
  readonly tests: Record<string, TestTally | { readonly failure: string }>;
  readonly reports: Record<string, BenchReport | { readonly failure: string }>;
  readonly kernels: Record<string, BenchReport | { readonly failure: string }>;
}

/** One file of tests, or of a shape whose driver hangs. */
const TEST_LIMIT_MS = 600_000;

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    budget: { type: 'string', default: '30' },
    shapes: { type: 'string' },
    rounds: { type: 'string', default: '7' },
    whole: { type: 'string', default: '60' },
    contexts: { type: 'string', default: '128,2048,8192' },
    prompts: { type: 'string', default: '16,128,512,2048' },
    tuned: { type: 'boolean', default: false },
    kernels: { type: 'string', default: 'SmolLM2-135M,Llama-3.2-1B' },
    tests: { type: 'string', default: '' },
    'no-llama': { type: 'boolean', default: false },
    'llama-cpu': { type: 'boolean', default: false },
    out: { type: 'string', default: 'results' },
    help: { type: 'boolean', default: false },
  },
});

if (values.help) {
  console.log(USAGE);
} else {
  const { availableParallelism } = await import('node:os');
  const endMs = performance.now() + 60_000 * Number(values.budget);
  const out = resolve(values.out);
  mkdirSync(out, { recursive: true });
  process.chdir(scriptPath('..')); // tests name their files from here
  const results: Results = {
    startedAt: new Date().toISOString(),
    host: { node: process.version, cores: availableParallelism() },
    tests: {},
    reports: {},
    kernels: {},
  };
  const leftMs = () => endMs - performance.now();
  const testsEndMs = endMs - (values.only === undefined ? 30_000 * Number(values.budget) : 0);
  const keep = () => {
    writeFileSync(join(out, 'results.json'), JSON.stringify(results, null, 1));
    writeFileSync(join(out, 'results.txt'), textOf(results));
  };
  if (values.only !== 'bench') await runTests(results, () => testsEndMs - performance.now(), keep);
  if (values.only !== 'tests') await runBench(results, out, leftMs, keep);
  keep();
  console.log(textOf(results));
  process.exitCode = failuresOf(results) > 0 ? 1 : 0;
}

async function runTests(results: Results, leftMs: () => number, keep: () => void): Promise<void> {
  const files = readdirSync(scriptPath('tests')).filter((name) => name.endsWith('.mjs') && name.includes(values.tests));
  for (const file of files) {
    const name = basename(file, '.mjs');
    const startMs = performance.now();
    const { value, failure } = await runChild<TestTally>(
      'test-file.mjs',
      [scriptPath(`tests/${file}`)],
      Math.min(TEST_LIMIT_MS, leftMs()),
    );
    results.tests[name] = value ?? { failure: failure ?? '' };
    const found = value ? `${value.passed} passed, ${value.failures.length} failed` : failure;
    console.error(`${name}: ${found} (${((performance.now() - startMs) / 1000).toFixed(1)} s)`);
    keep();
  }
}

async function runBench(results: Results, out: string, leftMs: () => number, keep: () => void): Promise<void> {
  const numbers = (text: string) => text.split(',').map(Number);
  const all = SHAPES.map(({ name }) => name);
  const shapes = values.shapes?.split(',') ?? all;
  const times = { rounds: Number(values.rounds), budgetMs: 1000 * Number(values.whole) };
  const lengths = { contexts: numbers(values.contexts), prompts: numbers(values.prompts) };
  const usual = { ...times, ...lengths, tuned: values.tuned };
  const runShape = async (shape: string, options: ShapeWish['options'], withLlama: boolean) => {
    const wish: ShapeWish = {
      options: { ...options, shapes: [shape] },
      folder: withLlama ? out : null,
      processor: values['llama-cpu'],
    };
    let last = '';
    const { value, failure } = await runChild<BenchReport>(
      'bench-shape.mjs',
      [JSON.stringify(wish)],
      leftMs(),
      (line) => {
        if (line !== last) console.error(line);
        last = line;
      },
    );
    rmSync(join(out, 'random.gguf'), { force: true });
    if (failure !== null) console.error(`${shape}: ${failure}`);
    return value ?? { failure: failure ?? '' };
  };
  for (const shape of shapes) {
    results.reports[shape] = await runShape(shape, usual, !values['no-llama']);
    keep();
  }
  const brief = { ...times, contexts: [usual.contexts[0]!], prompts: [usual.prompts[0]!], verifyRows: 1 };
  for (const shape of values.kernels.split(',').filter((name) => shapes.includes(name))) {
    results.kernels[shape] = await runShape(shape, { ...brief, kernels: true }, false);
    keep();
  }
}

function failuresOf({ tests }: Results): number {
  return Object.values(tests).reduce((sum, tally) => sum + ('failure' in tally ? 1 : tally.failures.length), 0);
}

function textOf(results: Results): string {
  const tallies = Object.entries(results.tests);
  const sums = tallies.map(([, tally]) => ('failure' in tally ? { passed: 0, skipped: [] } : tally));
  const sum = (of: (one: (typeof sums)[number]) => number) => sums.reduce((total, one) => total + of(one), 0);
  const failures = tallies.flatMap(([file, tally]) =>
    'failure' in tally
      ? [`FAILED ${file}: ${tally.failure}`]
      : tally.failures.map(({ name, message }) => `FAILED ${file}: ${name}: ${message}`),
  );
  const skips = sums.flatMap(({ skipped }) => skipped).map((name) => `skipped ${name}`);
  const reports = [...Object.entries(results.reports), ...Object.entries(results.kernels)].map(([shape, report]) =>
    'failure' in report ? `${shape}: ${report.failure}\n` : `${tableOf(report)}\n`,
  );
  const counts = `${sum(({ passed }) => passed)} passed, ${failuresOf(results)} failed, ${sum(({ skipped }) => skipped.length)} skipped`;
  return [...(tallies.length > 0 ? [...failures, ...skips, counts, ''] : []), ...reports].join('\n');
}
