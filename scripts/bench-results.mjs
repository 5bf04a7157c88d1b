/** `npm run bench:results`: measures in the browser, keeps the figures in bench/, and writes them into bench/RESULTS.md. */
import { benchInBrowser } from './bench-browser.mjs';
import { runMain } from './run-main.mjs';

await runMain('/src/bench/results.ts', benchInBrowser);
