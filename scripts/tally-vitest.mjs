/** A Vitest reporter that writes what `npm test` sums up: counts, the names of failures, skips with their reasons. */
import { writeFileSync } from 'node:fs';
import process from 'node:process';

export default class TallyReporter {
  /**
   * @param {readonly import('vitest/node').TestModule[]} modules
   * @param {readonly { message?: string }[]} unhandledErrors
   */
  onTestRunEnd(modules, unhandledErrors) {
    /** @type {import('./test.mjs').Tally} */
    const tally = { passed: 0, failures: [], skips: [] };
    for (const module of modules) {
      if (module.errors().length > 0) tally.failures.push(`${module.relativeModuleId} (could not be loaded)`);
      for (const test of module.children.allTests()) {
        const name = `${module.relativeModuleId} > ${test.fullName}`;
        const result = test.result();
        if (result.state === 'passed') tally.passed++;
        else if (result.state === 'skipped') tally.skips.push(result.note ? `${name}: ${result.note}` : name);
        else tally.failures.push(name); // failed, or never finished
      }
    }
    for (const error of unhandledErrors) tally.failures.push(`outside any test: ${error.message ?? 'unknown error'}`);
    writeFileSync(process.env['HEARTH_TALLY'] ?? '', JSON.stringify(tally));
  }
}
