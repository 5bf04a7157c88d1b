/** A Playwright reporter that writes what `npm test` sums up: counts, the names of failures, skips with their reasons. */
import { writeFileSync } from 'node:fs';
import process from 'node:process';

export default class TallyReporter {
  /** @type {import('@playwright/test/reporter').Suite | null} */
  #suite = null;
  /** @type {string[]} */
  #errors = [];

  /**
   * @param {import('@playwright/test/reporter').FullConfig} _config
   * @param {import('@playwright/test/reporter').Suite} suite
   */
  onBegin(_config, suite) {
    this.#suite = suite;
  }

  /** @param {import('@playwright/test/reporter').TestError} error one outside any test, such as a server that fails to start */
  onError(error) {
    this.#errors.push(`outside any test: ${error.message ?? 'unknown error'}`);
  }

  onEnd() {
    /** @type {import('./test.mjs').Tally} */
    const tally = { passed: 0, failures: this.#errors, skips: [] };
    for (const test of this.#suite?.allTests() ?? []) {
      const name = test.titlePath().filter(Boolean).join(' > ');
      const reason = test.annotations.find(({ type }) => type === 'skip' || type === 'fixme')?.description;
      if (test.outcome() === 'expected') tally.passed++;
      else if (test.outcome() === 'skipped') tally.skips.push(reason ? `${name}: ${reason}` : name);
      else tally.failures.push(name); // flaky counts as failed
    }
    writeFileSync(process.env['HEARTH_TALLY'] ?? '', JSON.stringify(tally));
  }
}
