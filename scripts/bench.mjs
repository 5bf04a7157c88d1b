/**
 * `npm run bench`: the benchmark itself is src/bench; here it gets a place to run: the built page's own thread in a headless
 * Chromium, or with `--adapter node` this process, over Dawn.
 */
import process from 'node:process';
import { benchInBrowser } from './bench-browser.mjs';
import { installDawn } from './dawn.mjs';
import { runMain } from './run-main.mjs';

const adapter = /--adapter[= ](\S+)/.exec(process.argv.slice(2).join(' '))?.[1] ?? 'browser';
if (adapter === 'browser') {
  await runMain('/src/bench/command.ts', benchInBrowser);
} else if (adapter === 'node') {
  await installDawn();
  await runMain('/src/bench/node.ts');
  process.exit(); // Dawn's own threads would keep the process alive
} else {
  console.error(`--adapter was "${adapter}"; it takes "browser" or "node".`);
  process.exitCode = 1;
}
