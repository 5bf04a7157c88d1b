/* oxlint-disable no-console -- these figures are meant to be read */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { normsInside } from '../kernels/product-variants';
import { present } from '../lib/invariant';
import { divideUp } from '../lib/shapes';
import type { StoredWeights } from '../weights/manifest';
import { createEngine } from './index';
import { decodeShape } from './runner';
import type { Engine, Model } from './index';
import { packCheckpoint, readCheckpoint } from './testing/checkpoint';
import { COUNTED, countingDevice } from './testing/counting-device';
import type { CountingDevice, Counts } from './testing/counting-device';
import { recordForward } from './testing/forward';
import { readGolden } from './testing/golden';
import { shipped } from './testing/packings';
import { costsOf, costTable, sumOf } from './testing/traffic';

/**
 * For each layer queries, keys and values, their turning, attention and what it puts out, gates and ups, and down; two norms,
 * where products do not norm their rows themselves. Besides the row itself, embedding, gathering, the last norm and the head, a penalty, three for the
 * drawing, and the acceptance.
 */
const dispatchesPerLayer = () => (normsInside(engine.backend.lanes) ? 6 : 8);
const DISPATCHES_BESIDES = 10;

const PROMPT_TOKENS = 500;

let stored: StoredWeights;
let counting: CountingDevice;
let engine: Engine;
let model: Model;
let layers: number;

beforeAll(async () => {
  const checkpoint = await readCheckpoint('public/models/tales');
  layers = (JSON.parse(checkpoint.texts['config.json']) as { num_hidden_layers: number }).num_hidden_layers;
  stored = packCheckpoint(checkpoint, shipped);
  const adapter = present(await navigator.gpu.requestAdapter(), 'a WebGPU adapter');
  counting = countingDevice(await adapter.requestDevice());
  engine = createEngine({ device: counting.device, submitMs: Infinity }); // counts must not hang on how busy it is
  model = await engine.loadModel(stored);
});
afterAll(() => engine.dispose());

function difference(after: Counts, before: Counts): Counts {
  return Object.fromEntries(COUNTED.map((what) => [what, after[what] - before[what]])) as Counts;
}

/** Answers of exactly `maxTokens` tokens: whatever the model would rather say, it says the letter a. */
async function answer(text: string, maxTokens: number): Promise<void> {
  const letter = present(model.text.tokenizer.encode('a', { addSpecialTokens: false })[0], 'token');
  const options = { maxTokens, temperature: 0, logitBias: { [letter]: 100 } };
  for await (const event of engine.generate(model.modelId, { kind: 'text', text }, options)) {
    if (event.type === 'done') expect(event.reason).toBe('length');
  }
}

describe('a decoded token', () => {
  it('costs one submission, one read-back, six or eight dispatches a layer, and makes nothing', async () => {
    await answer('Once upon a time', 4);
    const before = counting.snapshot();
    await answer('Once upon a time', 4);
    const four = counting.snapshot();
    await answer('Once upon a time', 5);
    const five = counting.snapshot();
    const token = difference(difference(five, four), difference(four, before));
    console.log(`per decoded token: ${COUNTED.map((what) => `${what} ${token[what]}`).join(', ')}`);
    expect(token).toEqual({
      dispatches: dispatchesPerLayer() * layers + DISPATCHES_BESIDES,
      submits: 1,
      readBacks: 1,
      bindGroups: 0,
      buffers: 0,
      pipelines: 0,
    });
    expect(token.dispatches).toBe(model.runner.record({ ...decodeShape(1), penalties: true }).length);
    const { bindGroups, buffers, pipelines } = difference(five, before);
    expect({ bindGroups, buffers, pipelines }).toEqual({ bindGroups: 0, buffers: 0, pipelines: 0 });
  });

  it('that is greedy costs a single dispatch for its drawing', async () => {
    const runOf = async (maxTokens: number) => {
      const before = counting.snapshot();
      const options = { temperature: 0, maxTokens };
      for await (const event of engine.generate(model.modelId, { kind: 'text', text: 'Once upon a time' }, options)) {
        if (event.type === 'done') expect(event.reason).toBe('length');
      }
      return difference(counting.snapshot(), before);
    };
    const [four, five] = [await runOf(4), await runOf(5)];
    expect(difference(five, four)).toMatchObject({ dispatches: dispatchesPerLayer() * layers + 7, readBacks: 1 });
  });

  it('reads every weight once', () => {
    const contextLength = 256;
    const costs = costsOf(recordForward(model.runner, 1, 1), contextLength);
    console.log(`one token after ${contextLength} positions, lanes ${engine.backend.lanes}\n${costTable(costs)}`);
    const weightBytes = stored.manifest.tensors
      .flatMap(({ slabs }) => slabs)
      .reduce((sum, { codes, scales }) => sum + codes.bytes + (scales?.bytes ?? 0), 0);
    const table = model.runner.target.parts.weights.matrix('embedding').outputs; // one row more: the token's own
    const oneRow = sumOf(costs.slice(0, 1), 'weightBytes');
    expect(sumOf(costs, 'weightBytes')).toBe(weightBytes + oneRow);
    expect(oneRow).toBeLessThan((2 * weightBytes) / table);
  });
});

describe('a prompt', () => {
  it(`of ${PROMPT_TOKENS} tokens is a handful of passes`, async () => {
    const { long } = await readGolden('tales');
    const text = model.text.tokenizer.decode(long.ids.slice(0, PROMPT_TOKENS));
    const promptTokens = model.encode({ kind: 'text', text }).length;
    const before = counting.snapshot();
    await answer(text, 1);
    const { submits, dispatches } = difference(counting.snapshot(), before);
    console.log(`a prompt of ${promptTokens} tokens: ${submits} passes, ${dispatches} dispatches`);
    expect(promptTokens).toBeGreaterThan(0.9 * PROMPT_TOKENS);
    expect(submits).toBe(divideUp(promptTokens, model.runner.options.maxRows));
    expect(submits).toBeLessThanOrEqual(5);
  });
});
