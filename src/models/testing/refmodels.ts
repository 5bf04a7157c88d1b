/**
 * The suite of the reference models (test data beside the repository): Hugging Face folders and GGUF files of tiny random
 * models, with log-probabilities computed in float64 by other hands and checked against llama.cpp. They go the way of every
 * model: import, load, forward; with weights as they are, f32 arithmetic and f32 keys.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readFileBytes, readFileJson } from '../../engine/testing/files';
import { createRunner, greedy, maxDifference, Probe } from '../../engine/testing/forward';
import { importFrom, importGguf } from '../../engine/testing/import';
import type { Runner } from '../../engine/runner';
import type { Backend } from '../../gpu/backend';
import { WEIGHT_TYPES } from '../../weights/formats/weight-types';
import type { StoredWeights } from '../../weights/manifest';
import { FolderSource } from '../../weights/testing/folder-source';

const FOLDER = '../shared/testdata/refmodels';

/** The data asks for 1e-3; what is reached is f32's rounding, below 1e-5. The slightest mistake moves something by 1e-3. */
const TOLERANCE = 1e-4;

/** Architectures of the set that no page computes yet. */
const UNKNOWN = ['qwen3moe', 'olmoe', 'granitemoe', 'gpt-oss'];

/** Types of GGUF files; Q4_K_M is Q4_K with Q6_K where it matters most. */
const TYPES = [...WEIGHT_TYPES, 'Q4_K_M'];

interface Case {
  name: string;
  ref: string;
  gguf: string;
  hf?: string;
  arch: string;
  type: string;
  n_ctx: number;
}

interface Numbers {
  offset: number;
  argmax_logprob: number[];
  next_logprob: number[];
  greedy: number[];
  greedy_margin: number[];
}

interface Reference {
  n_vocab: number;
  sequences: { name: string; tokens: number[]; kept_positions: number[]; exact: Numbers }[];
}

/**
 * @param kind which form of the models to import
 * @param sequences how many of each model's three, the longest first
 */
export async function describeRefmodels(
  createBackend: () => Promise<Backend>,
  kind: 'hf' | 'gguf',
  sequences: number,
): Promise<void> {
  const index = await readFileJson<{ cases: Case[] } | Case[]>(`${FOLDER}/index.json`).catch(() => null);
  const all = (Array.isArray(index) ? index : (index?.cases ?? [])).filter(({ arch }) => !UNKNOWN.includes(arch));
  const cases = kind === 'hf' ? all.filter(({ hf, type }) => hf !== undefined && type === 'F32') : all;
  const title = index ? 'reference models' : `reference models (skipped: ${FOLDER} is missing)`;
  describe.skipIf(index === null)(title, () => {
    let backend: Backend;
    beforeAll(async () => {
      backend = await createBackend();
    });
    afterAll(() => backend.destroy());

    it.each(cases.filter(({ type }) => TYPES.includes(type)))(
      `${kind} $name gives the exact log-probabilities and greedy ids`,
      async (one) => {
        const reference = await readFileJson<Reference>(`${FOLDER}/${one.ref}`);
        const bin = await readFileBytes(`${FOLDER}/${one.ref.replace(/\.json$/, '.bin')}`);
        const stored =
          kind === 'hf' ? await importFolder(`${FOLDER}/${one.hf}`) : await importGguf(`${FOLDER}/${one.gguf}`);
        const runner = await createRunner(backend, stored, { contextLength: one.n_ctx, maxRows: 32, maxOutputs: 32 });
        for (const sequence of reference.sequences.slice(-sequences)) {
          const { difference, ids, expectedIds } = await compare(runner, reference, sequence, bin);
          expect(difference, sequence.name).toBeLessThan(TOLERANCE);
          expect(ids, sequence.name).toEqual(expectedIds);
        }
        runner.destroy();
      },
    );

    const strange = cases.filter(({ type }) => !TYPES.includes(type));
    it.runIf(kind === 'gguf').each(strange)('$name is refused by the name of its type', async ({ gguf, type }) => {
      const message = expect.stringContaining(`is of type ${type}; weights can be read as`) as string;
      await expect(importGguf(`${FOLDER}/${gguf}`)).rejects.toMatchObject({ code: 'unsupported-model', message });
    });
  });
}

async function importFolder(folder: string): Promise<StoredWeights> {
  const names = ['config.json', 'tokenizer.json', 'tokenizer_config.json', 'model.safetensors'];
  const files = await Promise.all(names.map(async (name) => [name, await readFileBytes(`${folder}/${name}`)] as const));
  return importFrom(new FolderSource(Object.fromEntries(files)), { precision: 'f32' });
}

/**
 * @returns the largest difference of a log-probability: of all tokens at the kept positions, of the likeliest and the next
 * token everywhere; and the greedy ids, as far as the reference is certain of them.
 */
async function compare(
  runner: Runner,
  { n_vocab: vocabulary }: Reference,
  { tokens, kept_positions: kept, exact }: Reference['sequences'][number],
  bin: Uint8Array<ArrayBuffer>,
): Promise<{ difference: number; ids: number[]; expectedIds: number[] }> {
  const probe = new Probe(runner);
  const found = (await probe.prefill(tokens, [...tokens.keys()])).map(logProbabilities);
  const rows = new Float32Array(bin.slice(exact.offset, exact.offset + 4 * kept.length * vocabulary).buffer);
  const next = found.slice(0, -1).map((row, position) => row[tokens[position + 1]!]!);
  const difference = Math.max(
    ...kept.map((position, row) =>
      maxDifference(found[position]!, rows.subarray(row * vocabulary, (row + 1) * vocabulary)),
    ),
    maxDifference(
      found.map((row) => Math.max(...row)),
      exact.argmax_logprob,
    ),
    maxDifference(next, exact.next_logprob),
  );

  const uncertain = exact.greedy_margin.findIndex((margin) => margin < TOLERANCE);
  const expectedIds = uncertain < 0 ? exact.greedy : exact.greedy.slice(0, uncertain);
  const ids: number[] = [];
  let last = found.at(-1)!;
  while (ids.length < expectedIds.length) {
    ids.push(greedy(last));
    last = (await probe.feed(ids.slice(-1)))[0]!;
  }
  probe.release();
  return { difference, ids, expectedIds };
}

function logProbabilities(logits: Float32Array): Float32Array {
  const highest = logits.reduce((largest, value) => Math.max(largest, value), -Infinity);
  const total = logits.reduce((sum, value) => sum + Math.exp(value - highest), 0);
  return logits.map((value) => value - highest - Math.log(total));
}
