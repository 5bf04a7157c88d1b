/**
 * `npm run profile`: where the time of one decoded token goes, dispatch by dispatch. The measuring itself is
 * src/engine/profile.ts; here it gets a GPU.
 */
import process from 'node:process';
import { installDawn } from './dawn.mjs';
import { runMain } from './run-main.mjs';

await installDawn();
await runMain('/src/engine/profile.ts');
process.exit(); // Dawn's own threads would keep the process alive
