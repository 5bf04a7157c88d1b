/**
 * The suite of the class whose activations are int8 codes, on any backend: within it tokens and bits are what they are alone,
 * whatever shares a forward; and it is near the class of f32.
 */
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Backend } from '../../gpu/backend';
import { CpuBackend } from '../../gpu/cpu-backend';
import type { ActivationFormat } from '../../kernels/shared/quantized';
import { present } from '../../lib/invariant';
import type { PackedFormat } from '../../quant/format';
import { Engine } from '../index';
import type { Model } from '../index';
import { packCheckpoint, readCheckpoint } from './checkpoint';
import type { Checkpoint } from './checkpoint';
import { createRunner, maxDifference, Probe } from './forward';
import { inTurn, shipped, uniform } from './packings';
import type { Packing } from './packings';
import { answer, prompts } from './speculation';

/** Quantised weights, whose products read codes, and floats, whose products do not. */
const IN_TURN: PackedFormat[] = [
  { kind: 'int4', group: 32, affine: true, scale: 'f32' },
  { kind: 'int8', group: 16, affine: false, scale: 'f32' },
  { kind: 'bf16' },
  { kind: 'int4', group: 128, affine: false, scale: 'f16' },
  { kind: 'int8', group: 64, affine: true, scale: 'f16' },
];

/** Of the largest logit: what rounding to codes changes at most, where nothing is wrong. */
const NEAR = 0.1;

const LENGTH = 35;
const IDS = Array.from({ length: LENGTH }, (_, i) => 100 + ((37 * i) % 300));

/** @param thorough with chunks of all classes, all kinds of weights and whole answers, which in software takes minutes to compile */
export function describeIntegerActivations(createBackend: () => Promise<Backend>, thorough: boolean): void {
  let backend: Backend;
  let checkpoint: Checkpoint;
  beforeAll(async () => {
    backend = await createBackend();
    checkpoint = await readCheckpoint('public/models/tales-draft');
  });
  afterAll(() => backend.destroy());

  async function logits(
    packing: Packing,
    activationFormat: ActivationFormat,
    chunk: number,
    on = backend,
  ): Promise<Float32Array> {
    const options = { contextLength: 64, maxRows: chunk, activationFormat };
    const runner = await createRunner(on, packCheckpoint(checkpoint, packing), options);
    const [last] = await new Probe(runner).prefill(IDS);
    runner.destroy();
    return present(last, 'logits');
  }

  const packings: [string, Packing][] = [
    ['as shipped', shipped],
    ['of a format for every matrix', inTurn(IN_TURN)],
  ];
  it.each(packings.slice(0, thorough ? 2 : 1))(
    'chunks of any size equal step by step, weights %s',
    async (_, packing) => {
      const stepByStep = await logits(packing, 'int8', 1);
      for (const chunk of thorough ? [2, 7, 64] : [7])
        expect(await logits(packing, 'int8', chunk), `chunks of ${chunk}`).toEqual(stepByStep);
      const plain = await logits(packing, 'f32', 64, new CpuBackend());
      const unit = plain.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0);
      const difference = maxDifference(stepByStep, plain) / unit;
      expect(difference).toBeLessThan(NEAR);
      expect(difference).toBeGreaterThan(1e-4); // or nothing was rounded
    },
  );

  if (!thorough) return;

  it('weights that are floats are multiplied as ever', async () => {
    const packing = uniform({ kind: 'f32' });
    expect(await logits(packing, 'int8', 64)).toEqual(await logits(packing, 'f32', 64));
  });

  it('tokens are the same with guesses and without, alone and beside others', async () => {
    const engine = new Engine(await createBackend());
    const stored = packCheckpoint(checkpoint, shipped);
    const model: Model = await engine.loadModel(stored, {
      contextLength: 128,
      draft: stored,
      activationFormat: 'int8',
    });
    const asked = prompts(3).map((prompt, i) => {
      return { prompt, options: { temperature: i === 0 ? 0 : 0.8, seed: i, maxTokens: 14 } };
    });
    const together = await Promise.all(
      asked.map(({ prompt, options }, i) => answer(model, prompt, { ...options, speculation: i + 2 })),
    );
    for (const [i, { prompt, options }] of asked.entries()) {
      const alone = await answer(model, prompt, { ...options, speculation: 'off' });
      expect(together[i]!.ids, `prompt ${i}`).toEqual(alone.ids);
    }
    // A model that drafts for itself is right, unless the draft is of another class; the last round may be cut short.
    const { done } = await answer(model, asked[0]!.prompt, { ...asked[0]!.options, speculation: 3 });
    expect(done.stats.draftTokens - done.stats.acceptedTokens).toBeLessThanOrEqual(3);
    await engine.dispose();
  });
}
