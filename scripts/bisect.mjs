/**
 * `npm run bisect`: runs one step on the GPU and through the CPU twins, and names the first kernel whose results part.
 * The search itself is src/engine/bisect.ts; here it gets a GPU.
 */
import process from 'node:process';
import { installDawn } from './dawn.mjs';
import { runMain } from './run-main.mjs';

await installDawn();
await runMain('/src/engine/bisect.ts');
process.exit(); // Dawn's own threads would keep the process alive
