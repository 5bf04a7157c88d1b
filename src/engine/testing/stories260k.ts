/**
 * The suite of stories260K, a real checkpoint by other hands (test data beside the repository): at 16 bit and at 32, as
 * safetensors and as GGUF, it must give its official greedy ids. Its feed-forward is 172 wide, no multiple of 32. It has no tokenizer here, so it runs
 * below the requests.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Backend } from '../../gpu/backend';
import type { Runner } from '../runner';
import { packCheckpoint, readTensors } from './checkpoint';
import type { Checkpoint } from './checkpoint';
import { readFileJson, readFileText } from './files';
import { createRunner, greedy, Probe } from './forward';
import { importGguf } from './import';
import { uniform } from './packings';

const FOLDER = '../shared/testdata/stories260K';

interface Case {
  prompt: string;
  prompt_ids: number[];
  /** The prompt and the answer. */
  greedy_ids: number[];
}

/** @param caseCount how many cases to check in chunks, counted from the last; the first is decoded one token at a time. */
export async function describeStories(createBackend: () => Promise<Backend>, caseCount: number): Promise<void> {
  const file = await readFileJson<{ cases: Case[] }>(`${FOLDER}/expected-greedy.json`).catch(() => null);
  const title = file ? 'stories260K' : `stories260K (skipped: ${FOLDER} is missing)`;
  describe.skipIf(file === null)(title, () => {
    let backend: Backend;
    let checkpoint: Checkpoint;
    beforeAll(async () => {
      backend = await createBackend();
      const texts = { 'config.json': await readFileText(`${FOLDER}/hf/config.json`), 'tokenizer.json': '' };
      checkpoint = { modelId: 'stories260K', texts, tensors: await readTensors(`${FOLDER}/hf/model.safetensors`) };
    });
    afterAll(() => backend.destroy());

    it.each(['f32', 'f16'])(
      'as a GGUF file in %s would choose each official id after those before it',
      async (kind) => {
        const stored = await importGguf(`${FOLDER}/stories260K.${kind}.gguf`);
        const runner = await createRunner(backend, stored, { contextLength: 288, maxRows: 32, maxOutputs: 32 });
        await expectOfficialIds(runner, file!.cases.slice(-1));
        runner.destroy();
      },
    );

    describe.each(['f32', 'f16'] as const)('with %s weights', (kind) => {
      const load = (rows: number) =>
        createRunner(backend, packCheckpoint(checkpoint, uniform({ kind })), {
          contextLength: 288,
          maxRows: rows,
          maxSequences: rows,
        });

      it.each(file?.cases.slice(0, 1) ?? [])(
        'decodes the official ids from "$prompt" on',
        async ({ prompt_ids: promptIds, greedy_ids: expected }) => {
          const probe = new Probe(await load(16));
          const ids = [...promptIds];
          let [logits] = await probe.prefill(ids);
          while (ids.length < expected.length) {
            ids.push(greedy(logits!));
            [logits] = await probe.feed(ids.slice(-1));
          }
          expect(ids).toEqual(expected);
        },
      );

      it('would choose each official id after those before it', async () => {
        const runner = await load(32);
        await expectOfficialIds(runner, file!.cases.slice(-caseCount));
        runner.destroy();
      });
    });
  });
}

/** Each official id is the likeliest one after those before it. */
async function expectOfficialIds(runner: Runner, cases: readonly Case[]): Promise<void> {
  for (const { prompt_ids: promptIds, greedy_ids: expected } of cases) {
    const probe = new Probe(runner);
    const wanted = expected.map((_, i) => i).slice(promptIds.length - 1, -1);
    const logits = await probe.prefill(expected, wanted);
    probe.release();
    expect([...promptIds, ...logits.map(greedy)]).toEqual(expected);
  }
}
