/** The golden vectors of the bundled models (src/engine/golden/README.md), and the suite that holds a backend to them. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Backend } from '../../gpu/backend';
import type { KvFormat } from '../../kernels/shared/kv-pool';
import { present } from '../../lib/invariant';
import type { GoldenRounding } from '../../quant/golden-roundings';
import type { ChatMessage } from '../../text/chat-template';
import type { StoredWeights } from '../../weights/manifest';
import { Engine } from '../index';
import type { Runner } from '../runner';
import { packCheckpoint, readCheckpoint, withConfig } from './checkpoint';
import type { Checkpoint } from './checkpoint';
import { readFileJson } from './files';
import { createRunner, greedy, maxDifference, Probe } from './forward';
import { goldenRounding, shipped, uniform } from './packings';
import type { Packing } from './packings';

/**
 * The golden logits are f32 sums in another order, kept to 1e-5; logits reach ±20. Where nothing but the order of the
 * additions differs, 2e-5 was measured; a wrong constant anywhere moves them by far more than this.
 */
const LOGIT_TOLERANCE = 1e-3;

/**
 * Keys and values as f16 instead of f32: a relative error of up to 2^-11 in each, 4.3e-3 in the logits of Tales and 1.1e-2
 * in those of the draft, whose few layers carry larger numbers (and whose logits only propose). As int8: an error of up to
 * 1/254 of the largest of 32 neighbours, 0.11 and 0.12 in the logits over the golden prompts.
 */
const KV_TOLERANCES: Readonly<Partial<Record<KvFormat, Readonly<Record<string, number>>>>> = {
  f16: { tales: 1e-2, 'tales-draft': 2e-2 },
  int8: { tales: 2e-1, 'tales-draft': 2e-1 },
};

/** Greedy answers were cut at this length; where one is shorter, its last gap belongs to the token that ended it. */
const GREEDY_LIMIT = 64;

/** Rows of one forward, and of them the most whose logits are taken: enough to check every token of an answer. */
const CHUNK_ROWS = 32;

export type GoldenWeights = 'fp32' | GoldenRounding;

const PACKINGS: Readonly<Record<GoldenWeights, Packing>> = {
  fp32: uniform({ kind: 'bf16' }), // as trained: fp32 is the arithmetic
  q4_sym: goldenRounding('q4_sym'),
  q4_asym: goldenRounding('q4_asym'),
  q8_sym: goldenRounding('q8_sym'),
};

interface Answer {
  logits: number[];
  greedy_text: string;
}

/** tales.json; `q8_sym` has its logits in tales-more.json. */
interface GoldenFile {
  prompts: ({ messages: ChatMessage[]; ids: number[] } & Record<'fp32' | 'q4_sym' | 'q4_asym', Answer>)[];
}

/** tales-more.json: the lead of the likeliest token over the next at every step, and a long conversation. */
interface MoreFile {
  prompts: Record<GoldenWeights, { greedy: number[]; gaps: number[]; logits?: number[] }>[];
  long: { ids: number[]; positions: number[] } & Record<GoldenWeights, { logits: number[][] }>;
}

/** One prompt under one rounding, from both files. */
export interface GoldenPrompt {
  messages: ChatMessage[];
  ids: number[]; // of the messages through the chat template
  /** At the last position of the prompt. */
  logits: number[];
  greedy: number[];
  gaps: number[];
}

export interface Golden {
  /** Of the answer to each prompt, in fp32. */
  texts: string[];
  prompts(weights: GoldenWeights): GoldenPrompt[];
  long: MoreFile['long'];
  endId: number;
}

export async function readGolden(model: string): Promise<Golden> {
  const file = await readFileJson<GoldenFile>(`src/engine/golden/${model}.json`);
  const more = await readFileJson<MoreFile>(`src/engine/golden/${model}-more.json`);
  const { eos_token_id: endId } = await readFileJson<{ eos_token_id: number }>(`public/models/${model}/config.json`);
  return {
    texts: file.prompts.map(({ fp32 }) => fp32.greedy_text),
    prompts: (weights) =>
      file.prompts.map((prompt, i) => {
        const extra = present(more.prompts[i], 'prompt')[weights];
        const logits = weights === 'q8_sym' ? extra.logits : prompt[weights].logits;
        const { messages, ids } = prompt;
        return { messages, ids, logits: present(logits, 'logits'), greedy: extra.greedy, gaps: extra.gaps };
      }),
    long: more.long,
    endId,
  };
}

/** Every prompt with its greedy answer in one go: the logits after the prompt, and the ids the model would have chosen. */
async function answer(runner: Runner, { ids, greedy: expected }: GoldenPrompt) {
  const probe = new Probe(runner);
  const all = [...ids, ...expected];
  const wanted = Array.from({ length: expected.length + 1 }, (_, i) => ids.length - 1 + i);
  const logits = await probe.prefill(all, wanted);
  probe.release();
  return { logits: present(logits[0], 'logits'), chosen: logits.map(greedy) };
}

/** Steps at which `chosen` is not the reference's token, though its lead there exceeds what the tolerance can turn. */
function wrongSteps(chosen: readonly number[], { greedy: expected, gaps }: GoldenPrompt, endId: number): number[] {
  const ended = expected.length < GREEDY_LIMIT;
  const reference = ended ? [...expected, endId] : expected;
  return reference.flatMap((id, step) => (gaps[step]! > 2 * LOGIT_TOLERANCE && chosen[step] !== id ? [step] : []));
}

const checkpoints = new Map<string, Promise<Checkpoint>>();

function bundled(model: string): Promise<Checkpoint> {
  const known = checkpoints.get(model) ?? readCheckpoint(`public/models/${model}`);
  checkpoints.set(model, known);
  return known;
}

/** Room for a prompt and its answer, and logits of every row of a chunk. */
function promptRunner(backend: Backend, stored: StoredWeights, kvFormat: KvFormat = 'f32') {
  const options = { contextLength: 160, maxRows: CHUNK_ROWS, maxSequences: CHUNK_ROWS, kvFormat };
  return createRunner(backend, stored, options);
}

/**
 * Holds a backend to the golden vectors.
 * @param deep every prompt and position of every rounding; otherwise the larger model, rounded, answers a sample.
 */
export function describeGolden(createBackend: () => Promise<Backend>, deep: boolean): void {
  let backend: Backend;
  beforeAll(async () => {
    backend = await createBackend();
  });
  afterAll(() => backend.destroy());

  describe.each(['tales', 'tales-draft'])('%s', (model) => {
    describe.each(Object.keys(PACKINGS) as GoldenWeights[])('%s weights', (weights) => {
      const whole = deep || weights === 'fp32' || model === 'tales-draft';

      it('give the golden logits and the golden greedy answers', async () => {
        const golden = await readGolden(model);
        const runner = await promptRunner(backend, packCheckpoint(await bundled(model), PACKINGS[weights]));
        const prompts = golden.prompts(weights);
        for (const prompt of whole ? prompts : prompts.slice(0, 2)) {
          const { logits, chosen } = await answer(runner, prompt);
          expect(maxDifference(logits, prompt.logits)).toBeLessThan(LOGIT_TOLERANCE);
          expect(wrongSteps(chosen, prompt, golden.endId)).toEqual([]);
        }
        runner.destroy();
      });

      it('give the golden logits along a conversation', async () => {
        const { long } = await readGolden(model);
        const last = deep || model === 'tales-draft' ? Infinity : weights === 'fp32' ? 256 : 33;
        const positions = long.positions.filter((position) => position <= last);
        const stored = packCheckpoint(await bundled(model), PACKINGS[weights]);
        const runner = await createRunner(backend, stored, { maxSequences: positions.length });
        const logits = await new Probe(runner).prefill(long.ids.slice(0, positions.at(-1)! + 1), positions);
        runner.destroy();
        const differences = logits.map((row, i) => maxDifference(row, long[weights].logits[i]!));
        expect(Math.max(...differences)).toBeLessThan(LOGIT_TOLERANCE);
      });
    });

    it('says what the golden texts say, from messages to text', async () => {
      const { prompts, texts } = await readGolden(model);
      const engine = new Engine(backend);
      const stored = packCheckpoint(await bundled(model), PACKINGS.fp32);
      const { modelId } = await engine.loadModel(stored, { contextLength: 160, kvFormat: 'f32' });
      for (const [i, { messages, gaps }] of prompts('fp32').entries()) {
        if (gaps.some((gap) => gap <= 2 * LOGIT_TOLERANCE) || (!deep && i >= 4)) continue;
        const options = { temperature: 0, maxTokens: GREEDY_LIMIT };
        let text = '';
        for await (const event of engine.generate(modelId, { kind: 'chat', messages }, options)) {
          if (event.type === 'text') text += event.text;
        }
        expect(text).toBe(texts[i]);
      }
      await engine.unload(modelId);
    });

    it('with an RMSNorm epsilon ten times too large fail that test', async () => {
      const checkpoint = await bundled(model);
      const { rms_norm_eps: epsilon } = JSON.parse(checkpoint.texts['config.json']) as { rms_norm_eps: number };
      const wrong = withConfig(checkpoint, { rms_norm_eps: 10 * epsilon });
      const runner = await promptRunner(backend, packCheckpoint(wrong, PACKINGS.fp32));
      const { prompts } = await readGolden(model);
      for (const prompt of prompts('fp32')) {
        const { logits } = await answer(runner, { ...prompt, greedy: [] });
        expect(maxDifference(logits, prompt.logits)).toBeGreaterThan(LOGIT_TOLERANCE);
      }
      runner.destroy();
    });

    it('as shipped, with keys and values in f16 or int8, stays near the same weights with f32 ones', async () => {
      const { prompts } = await readGolden(model);
      const stored = packCheckpoint(await bundled(model), shipped);
      const [exact, ...others] = await Promise.all(
        (['f32', 'f16', 'int8'] as const).map((kvFormat) => promptRunner(backend, stored, kvFormat)),
      );
      for (const prompt of deep || model === 'tales-draft' ? prompts('fp32') : prompts('fp32').slice(-1)) {
        const expected = await answer(present(exact, 'runner'), prompt);
        for (const runner of others) {
          const { kvFormat } = runner.options;
          const difference = maxDifference((await answer(runner, prompt)).logits, expected.logits);
          expect(difference, kvFormat).toBeLessThan(present(KV_TOLERANCES[kvFormat]?.[model], model));
          expect(difference, kvFormat).toBeGreaterThan(0); // or the setting has no effect and nothing was compared
        }
      }
      for (const runner of [exact, ...others]) runner?.destroy();
    });
  });
}
