/**
 * GGUF files from their bytes to log-probabilities, on the CPU road: reference models of every architecture and weight type
 * (test data beside the repository), and stories260K, whose official greedy ids they must choose.
 */
import { describe, expect, it } from 'vitest';
import { CpuBackend } from '../gpu/cpu-backend';
import { WEIGHT_TYPES } from '../weights/formats/weight-types';
import { readFileJson } from './testing/files';
import { createRunner, greedy, Probe } from './testing/forward';
import { compareWithReference, importGguf, readRefCases, REFMODELS } from './testing/refmodels';

/** f32 sums against f64 sums over the same weights, in log-probabilities. */
const TOLERANCE = 1e-3;

const ARCHITECTURES = ['llama'];

/** Types of whole files: Q4_K_M is Q4_K with Q6_K where it matters most. */
const KNOWN_TYPES = [...WEIGHT_TYPES, 'Q4_K_M'];

const cases = await readRefCases();
const known = (cases ?? []).filter(({ arch, type }) => ARCHITECTURES.includes(arch) && KNOWN_TYPES.includes(type));
const unknown = (cases ?? []).filter(({ arch, type }) => ARCHITECTURES.includes(arch) && !KNOWN_TYPES.includes(type));

describe.skipIf(!cases)(cases ? 'reference models' : `reference models (skipped: ${REFMODELS} is missing)`, () => {
  it.each(known)('$name has the log-probabilities of its weights', async (one) => {
    const stored = await importGguf(`${REFMODELS}/${one.gguf}`);
    const runner = await createRunner(new CpuBackend(), stored, { contextLength: one.n_ctx, maxOutputs: 64 });
    const { difference, wrongIds } = await compareWithReference(runner, one);
    runner.destroy();
    expect(difference).toBeLessThan(TOLERANCE);
    expect(wrongIds).toBe(0);
  });

  it.each(unknown)('$name is refused by the name of its type', async ({ gguf, type }) => {
    const message = expect.stringMatching(`is of type ${type}; weights can be read as`) as string;
    await expect(importGguf(`${REFMODELS}/${gguf}`)).rejects.toMatchObject({ code: 'unsupported-model', message });
  });
});

const STORIES = '../shared/testdata/stories260K';

/** How many of the cases, counted from the last. */
const CASES = import.meta.env['HEARTH_DEEP'] ? Infinity : 2;
const stories = await readFileJson<{ cases: { prompt_ids: number[]; greedy_ids: number[] }[] }>(
  `${STORIES}/expected-greedy.json`,
).catch(() => null);

describe.skipIf(!stories)(stories ? 'stories260K' : `stories260K (skipped: ${STORIES} is missing)`, () => {
  it.each(['f32', 'f16'])('as GGUF in %s would choose each official id after those before it', async (kind) => {
    const stored = await importGguf(`${STORIES}/stories260K.${kind}.gguf`);
    const runner = await createRunner(new CpuBackend(), stored, { contextLength: 288, maxOutputs: 64 });
    for (const { prompt_ids: promptIds, greedy_ids: expected } of stories!.cases.slice(-CASES)) {
      const probe = new Probe(runner);
      const wanted = expected.map((_, i) => i).slice(promptIds.length - 1, -1);
      const logits = await probe.prefill(expected, wanted);
      probe.release();
      expect([...promptIds, ...logits.map(greedy)]).toEqual(expected);
    }
    runner.destroy();
  });
});
