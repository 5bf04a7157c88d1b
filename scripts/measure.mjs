/** `npm run measure`: the measuring itself is src/engine/measure.ts; here it gets a GPU. */
import process from 'node:process';
import { installDawn } from './dawn.mjs';
import { runMain } from './run-main.mjs';

await installDawn();
await runMain('/src/engine/measure.ts');
process.exit(); // Dawn's own threads would keep the process alive
