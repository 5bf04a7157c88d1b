/**
 * Runs one bundled `*.gpu.test.ts` in Node over Dawn with Vitest's own runner, which needs no browser and no server. The tests are
 * those of `npm test -- gpu`, as they are.
 */
import type { File, VitestRunner } from '@vitest/runner';
import { finish, tell } from './child';
import { installDawn } from './dawn';

/** What one file found; names are those of the tests, with what they stand in. */
export interface TestTally {
  readonly passed: number;
  readonly skipped: readonly string[];
  readonly failures: readonly { readonly name: string; readonly message: string }[];
}

/** Patience, not a bound. */
const TIMEOUT_MS = 300_000;

const [path = ''] = process.argv.slice(2);
await installDawn();
// What `expect` and `vi` look up of the thread that Vitest would have made.
Object.assign(globalThis, { __vitest_worker__: { filepath: path, config: {}, metaEnv: process.env } });
const { startTests } = await import('@vitest/runner');
const { getTests, getFullName } = await import('@vitest/runner/utils');

const runner: VitestRunner = {
  config: {
    root: process.cwd(),
    setupFiles: [],
    name: 'gpu',
    passWithNoTests: false,
    testNamePattern: undefined,
    allowOnly: true,
    sequence: { seed: 1, hooks: 'stack', setupFiles: 'list' },
    chaiConfig: undefined,
    maxConcurrency: 1,
    testTimeout: TIMEOUT_MS,
    hookTimeout: TIMEOUT_MS,
    retry: 0,
    includeTaskLocation: false,
    tags: [],
    tagsFilter: undefined,
    strictTags: false,
  },
  importFile: (file) => import(/* @vite-ignore */ file),
  onAfterRunTask: (test) => tell(`"${getFullName(test)}"`),
};
finish(tallyOf(await startTests([path], runner)));

function tallyOf(files: readonly File[]): TestTally {
  const tests = getTests([...files]);
  const inState = (state: string) => tests.filter(({ result }) => result?.state === state);
  const failures = [...files, ...tests].filter(({ result }) => result?.state === 'fail' && result.errors?.length);
  return {
    passed: inState('pass').length,
    skipped: tests.filter(({ mode }) => mode === 'skip' || mode === 'todo').map((test) => getFullName(test)),
    failures: failures.map((task) => ({
      name: getFullName(task),
      message: task.result?.errors?.map(({ message }) => message).join('\n') ?? '',
    })),
  };
}
