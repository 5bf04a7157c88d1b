/* oxlint-disable no-console -- these figures are meant to be read */
import { describe, expect, it } from 'vitest';
import { CpuBackend } from '../gpu/cpu-backend';
import type { KvFormat } from '../kernels/shared/kv-pool';
import type { ActivationFormat } from '../kernels/shared/quantized';
import { present } from '../lib/invariant';
import { DEFAULT_INT4 } from '../quant/choose';
import { packCheckpoint, readCheckpoint } from './testing/checkpoint';
import { readFileJson } from './testing/files';
import { createRunner } from './testing/forward';
import { shipped, uniform } from './testing/packings';
import type { Packing } from './testing/packings';
import { perplexity, readHeldout, readReplyMarks } from './testing/perplexity';
import type { Perplexity } from './testing/perplexity';

/** What quantising may cost either model. Over a hundred conversations Tales loses 0.7 % as shipped, the draft 0.04 %. */
const MAX_COST = 0.03;

/** What int8 keys and values may change besides. Over a hundred conversations it is less than 0.01 % for either model. */
const MAX_KV_COST = 0.002;

const deep = import.meta.env['HEARTH_DEEP'] === '1';

/** What int8 activations may cost besides. Over a hundred conversations it is less than 0.1 % for either model. */
const MAX_ACTIVATION_COST = 0.005;

/** How far a sample of conversations may lie from the file as a whole: few differ more among themselves than models do. */
const SAMPLE_SPREAD = deep ? 0.05 : 0.5;

const SAMPLE = { tales: deep ? 100 : 4, 'tales-draft': deep ? 100 : 8 };

/** All their logits are taken. */
const CHUNK_ROWS = 32;

const BF16 = 'bf16';
const SHIPPED = 'shipped';
const INT8_KV = 'shipped, keys and values in int8';

const INT8_ACTIVATIONS = 'shipped, activations in int8';

interface Formats {
  kvFormat?: KvFormat;
  activationFormat?: ActivationFormat;
}

const CASES: [name: string, packing: Packing, formats: Formats][] = [
  [BF16, uniform({ kind: 'bf16' }), {}],
  [SHIPPED, shipped, {}],
  [INT8_KV, shipped, { kvFormat: 'int8' }],
  [INT8_ACTIVATIONS, shipped, { activationFormat: 'int8' }],
  ['all int4', uniform(DEFAULT_INT4), {}],
];

describe.each(['tales', 'tales-draft'] as const)('the perplexity of %s', (model) => {
  it('as shipped stays near that in 16 bits', { timeout: 900_000 }, async () => {
    const marks = await readReplyMarks(model);
    const conversations = (await readHeldout()).slice(0, SAMPLE[model]);
    const contextLength = Math.max(...conversations.map(({ length }) => length));
    const sizes = { contextLength, maxRows: CHUNK_ROWS, maxSequences: CHUNK_ROWS };
    const checkpoint = await readCheckpoint(`public/models/${model}`);
    const results: Record<string, Perplexity> = {};
    for (const [name, packing, formats] of CASES) {
      const stored = packCheckpoint(checkpoint, packing);
      const runner = await createRunner(new CpuBackend(), stored, { ...sizes, ...formats });
      results[name] = await perplexity(runner, conversations, marks);
      runner.destroy();
    }
    const of = (name: string): Perplexity => present(results[name], name);
    const [bf16, mixed] = [of(BF16), of(SHIPPED)];
    for (const [name, { allTokens, replyTokens }] of Object.entries(results)) {
      const cost = (100 * (allTokens / bf16.allTokens - 1)).toFixed(2);
      console.log(
        `${model}, ${conversations.length} conversations, ${name}: perplexity ${allTokens.toFixed(4)} of all tokens ` +
          `(${cost} % above bf16), ${replyTokens.toFixed(4)} of replies`,
      );
    }
    expect(mixed.allTokens / bf16.allTokens).toBeLessThan(1 + MAX_COST);
    expect(mixed.replyTokens / bf16.replyTokens).toBeLessThan(1 + MAX_COST);

    for (const [name, most] of [
      [INT8_KV, MAX_KV_COST],
      [INT8_ACTIVATIONS, MAX_ACTIVATION_COST],
    ] as const) {
      const cost = Math.abs(of(name).allTokens / mixed.allTokens - 1);
      expect(cost, name).toBeLessThan(most);
      expect(cost, name).toBeGreaterThan(0); // or the setting has no effect and nothing was compared
    }

    const report = await readFileJson<Record<string, Record<string, Record<string, [number, number]>>>>(
      'src/engine/golden/report.json',
    );
    const [allTokens, replyTokens] = report[model]!['perplexity [all tokens, reply tokens]']!['fp32']!;
    expect(Math.abs(bf16.allTokens / allTokens - 1)).toBeLessThan(SAMPLE_SPREAD);
    expect(Math.abs(bf16.replyTokens / replyTokens - 1)).toBeLessThan(SAMPLE_SPREAD);
  });
});
