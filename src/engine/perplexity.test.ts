/* oxlint-disable no-console -- these figures are meant to be read */
import { describe, expect, it } from 'vitest';
import { CpuBackend } from '../gpu/cpu-backend';
import { DEFAULT_INT4 } from '../quant/choose';
import { packCheckpoint, readCheckpoint } from './testing/checkpoint';
import { readFileJson } from './testing/files';
import { createRunner } from './testing/forward';
import { shipped, uniform } from './testing/packings';
import { perplexity, readHeldout, readReplyMarks } from './testing/perplexity';
import type { Perplexity } from './testing/perplexity';

/** What quantising may cost either model. Over a hundred conversations Tales loses 0.7 % as shipped, the draft 0.04 %. */
const MAX_COST = 0.03;

const deep = import.meta.env['HEARTH_DEEP'] === '1';

/** How far a sample of conversations may lie from the file as a whole: few differ more among themselves than models do. */
const SAMPLE_SPREAD = deep ? 0.05 : 0.5;

const SAMPLE = { tales: deep ? 100 : 4, 'tales-draft': deep ? 100 : 8 };

/** All their logits are taken. */
const CHUNK_ROWS = 32;

const PACKINGS = { bf16: uniform({ kind: 'bf16' }), shipped, 'all int4': uniform(DEFAULT_INT4) };

describe.each(['tales', 'tales-draft'] as const)('the perplexity of %s', (model) => {
  it('as shipped stays near that in 16 bits', { timeout: 900_000 }, async () => {
    const marks = await readReplyMarks(model);
    const conversations = (await readHeldout()).slice(0, SAMPLE[model]);
    const contextLength = Math.max(...conversations.map(({ length }) => length));
    const sizes = { contextLength, maxRows: CHUNK_ROWS, maxSequences: CHUNK_ROWS };
    const checkpoint = await readCheckpoint(`public/models/${model}`);
    const results: Record<string, Perplexity> = {};
    for (const [name, packing] of Object.entries(PACKINGS)) {
      const runner = await createRunner(new CpuBackend(), packCheckpoint(checkpoint, packing), sizes);
      results[name] = await perplexity(runner, conversations, marks);
      runner.destroy();
    }
    const { bf16, shipped: mixed } = results as Record<keyof typeof PACKINGS, Perplexity>;
    for (const [name, { allTokens, replyTokens }] of Object.entries(results)) {
      const cost = (100 * (allTokens / bf16.allTokens - 1)).toFixed(2);
      console.log(
        `${model}, ${conversations.length} conversations, ${name.padEnd(8)}: perplexity ${allTokens.toFixed(4)} of all tokens ` +
          `(${cost} % above bf16), ${replyTokens.toFixed(4)} of replies`,
      );
    }
    expect(mixed.allTokens / bf16.allTokens).toBeLessThan(1 + MAX_COST);
    expect(mixed.replyTokens / bf16.replyTokens).toBeLessThan(1 + MAX_COST);

    const report = await readFileJson<Record<string, Record<string, Record<string, [number, number]>>>>(
      'src/engine/golden/report.json',
    );
    const [allTokens, replyTokens] = report[model]!['perplexity [all tokens, reply tokens]']!['fp32']!;
    expect(Math.abs(bf16.allTokens / allTokens - 1)).toBeLessThan(SAMPLE_SPREAD);
    expect(Math.abs(bf16.replyTokens / replyTokens - 1)).toBeLessThan(SAMPLE_SPREAD);
  });
});
