/**
 * The suite of what must be equal bit for bit, on any backend: chunking, batching, rolling back and splitting change which
 * dispatches compute a number, never the number.
 */
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Backend } from '../../gpu/backend';
import type { KvFormat } from '../../kernels/shared/kv-pool';
import { present } from '../../lib/invariant';
import type { PackedFormat } from '../../quant/format';
import { packCheckpoint, readCheckpoint, withConfig } from './checkpoint';
import type { RunnerOptions } from '../runner';
import type { StoredWeights } from '../../weights/manifest';
import { createRunner, feedTogether, kvPools, Probe } from './forward';
import { inTurn, shipped } from './packings';
import { readGolden } from './golden';

const CHUNK_SIZES = [1, 2, 3, 4, 5, 31, 32, 33, 64];

/** Two full blocks of 32 positions and a part of a third, in several chunks of most sizes. */
const PROMPT_LENGTH = 71;

/**
 * Small enough that the larger model's matrices are cut, its embedding into several parts; large enough for the buffers
 * that are never cut.
 */
const SPLIT_BINDING_BYTES = 80_000;

const EVERY_DECODER: PackedFormat[] = [
  { kind: 'int4', group: 32, affine: true, scale: 'f32' },
  { kind: 'int8', group: 16, affine: false, scale: 'f32' },
  { kind: 'bf16' },
  { kind: 'int4', group: 128, affine: false, scale: 'f16' },
  { kind: 'f16' },
  { kind: 'int8', group: 64, affine: true, scale: 'f16' },
  { kind: 'f32' },
];

/** @param createBackend with at most `maxBindingBytes` in a binding where that is given. */
export function describeExactness(createBackend: (maxBindingBytes?: number) => Promise<Backend>): void {
  let backend: Backend;
  let ids: number[]; // [PROMPT_LENGTH]
  let others: number[];
  let stored: StoredWeights;
  beforeAll(async () => {
    backend = await createBackend();
    const { long, prompts } = await readGolden('tales-draft');
    ids = long.ids.slice(0, PROMPT_LENGTH);
    others = present(prompts('fp32').at(-1), 'a prompt').ids;
    stored = packCheckpoint(await readCheckpoint('public/models/tales-draft'), shipped);
  });
  afterAll(() => backend.destroy());

  const smallRunner = (options: Partial<RunnerOptions> = {}, on = backend, weights = stored) =>
    createRunner(on, weights, { contextLength: 128, kvFormat: 'f16', ...options });

  /** Logits and the KV pools of a fresh runner after the prompt, as bytes. */
  async function prefillInChunks(chunk: number, kvFormat: KvFormat, weights = stored): Promise<Uint8Array[]> {
    const runner = await smallRunner({ maxRows: chunk, kvFormat }, backend, weights);
    const [logits] = await new Probe(runner).prefill(ids);
    const pools = await Promise.all(kvPools(runner).map((pool) => backend.read(pool)));
    runner.destroy();
    return [bytesOf(present(logits, 'logits')), ...pools.map((pool) => new Uint8Array(pool))];
  }

  it.each([
    ['as shipped', 'f16', shipped],
    ['as shipped', 'int8', shipped],
    ['a decoder for every matrix', 'f16', inTurn(EVERY_DECODER)],
  ] as const)(
    'prefill in chunks of any size equals step by step, weights %s, cache in %s',
    async (_, kvFormat, packing) => {
      const weights = packCheckpoint(await readCheckpoint('public/models/tales-draft'), packing);
      const stepByStep = await prefillInChunks(1, kvFormat, weights);
      expect(stepByStep.every((bytes) => bytes.some((byte) => byte !== 0))).toBe(true);
      for (const chunk of CHUNK_SIZES.slice(1)) {
        const found = await prefillInChunks(chunk, kvFormat, weights);
        expect(firstDifference(found, stepByStep), `chunks of ${chunk}`).toBeNull();
      }
    },
  );

  it('rolling back and going on another way equals a fresh sequence', async () => {
    const runner = await smallRunner();
    const fresh = new Probe(runner, 64);
    const [expected] = await fresh.prefill([...ids.slice(0, 30), ...others.slice(0, 10)]);
    fresh.release();
    const probe = new Probe(runner, 64);
    await probe.prefill(ids.slice(0, 45)); // into the next block
    probe.position = 30;
    const [found] = await probe.prefill(others.slice(0, 10));
    expect(firstDifference([bytesOf(found!)], [bytesOf(expected!)])).toBeNull();
    runner.destroy();
  });

  it('two sequences in one batch equal each alone', async () => {
    const runner = await smallRunner({ maxSequences: 2 });
    const alone: Float32Array[] = [];
    for (const sequence of [ids, others]) {
      const probe = new Probe(runner);
      await probe.prefill(sequence.slice(0, 40));
      alone.push(present((await probe.feed(sequence.slice(40, 45)))[0], 'logits'));
      alone.push(present((await probe.feed(sequence.slice(45, 46)))[0], 'logits'));
      probe.release();
    }
    const [first, second] = [new Probe(runner), new Probe(runner)];
    await feedTogether(runner, [
      { probe: second, ids: others.slice(0, 20), wanted: [] },
      { probe: first, ids: ids.slice(0, 40), wanted: [] },
    ]);
    await second.feed(others.slice(20, 40), []);
    const chunk = await feedTogether(runner, [
      { probe: first, ids: ids.slice(40, 45), wanted: [4] },
      { probe: second, ids: others.slice(40, 45), wanted: [4] },
    ]);
    const decode = await feedTogether(runner, [
      { probe: first, ids: ids.slice(45, 46), wanted: [0] },
      { probe: second, ids: others.slice(45, 46), wanted: [0] },
    ]);
    const together = [chunk[0]![0]!, decode[0]![0]!, chunk[1]![0]!, decode[1]![0]!];
    expect(firstDifference(together.map(bytesOf), alone.map(bytesOf))).toBeNull();
    runner.destroy();
  });

  it('matrices split by rows equal whole ones', async () => {
    const splitting = await createBackend(SPLIT_BINDING_BYTES);
    const oneLayer = withConfig(await readCheckpoint('public/models/tales'), { num_hidden_layers: 1 }); // fewer to compile
    const large = packCheckpoint(oneLayer, shipped);
    const options = { contextLength: 64, maxRows: 16, kvFormat: 'f16' } as const;
    const results: Float32Array[][] = [];
    for (const on of [backend, splitting]) {
      const runner = await createRunner(on, large, options);
      const parts = (name: string) => runner.target.parts.weights.matrix(name).parts.length;
      const matrices = ['embedding', 'layers.0.qkv', 'layers.0.gate_up', 'layers.0.down'].map(parts);
      expect(Math.min(...matrices) > 1, `parts: ${matrices.join(', ')}`).toBe(on === splitting);
      const probe = new Probe(runner);
      const [chunk] = await probe.prefill(ids.slice(0, 16)); // one pass: each class of rows is compiled for every part
      const [decode] = await probe.feed(ids.slice(16, 17));
      results.push([chunk!, decode!]);
      runner.destroy();
    }
    expect(firstDifference(results[1]!.map(bytesOf), results[0]!.map(bytesOf))).toBeNull();
    splitting.destroy();
  });
}

function bytesOf(numbers: Float32Array): Uint8Array {
  return new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength);
}

/** Where two lists of buffers part, as a sentence; null when they are the same byte for byte. */
function firstDifference(found: readonly Uint8Array[], expected: readonly Uint8Array[]): string | null {
  if (found.length !== expected.length) return `${found.length} buffers, expected ${expected.length}`;
  for (const [i, bytes] of found.entries()) {
    const other = present(expected[i], 'buffer');
    if (bytes.length !== other.length) return `buffer ${i} has ${bytes.length} bytes, expected ${other.length}`;
    const at = bytes.findIndex((byte, j) => byte !== other[j]);
    if (at >= 0) return `buffer ${i} differs at byte ${at}`;
  }
  return null;
}
