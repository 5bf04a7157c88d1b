/** `npm run bench`: the benchmark itself is src/bench; here it gets a GPU. */
import process from 'node:process';
import { installDawn } from './dawn.mjs';
import { runMain } from './run-main.mjs';

await installDawn();
await runMain('/src/bench/command.ts');
process.exit(); // Dawn's own threads would keep the process alive
