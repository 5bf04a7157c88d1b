/**
 * Measures what quantising costs the bundled models (scripts/perplexity/measure.ts):
 *
 *   node scripts/measure-perplexity.mjs [--conversations 100] [--heldout FILE] [--variants a,b] [--write] [MODEL_FOLDER…]
 *
 * `--write` puts the figures into src/quant/measured.json. A hundred of the 400 conversations take about a minute for each
 * variant of Tales.
 */
import { runMain } from './run-main.mjs';

await runMain('/scripts/perplexity/measure.ts');
