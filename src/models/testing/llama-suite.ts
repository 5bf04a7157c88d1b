/**
 * The suite of the page llama.ts on any backend: tiny checkpoints with random weights and awkward shapes, against the
 * float64 reference.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { packCheckpoint } from '../../engine/testing/checkpoint';
import type { Checkpoint } from '../../engine/testing/checkpoint';
import { createRunner, maxDifference, Probe } from '../../engine/testing/forward';
import { uniform } from '../../engine/testing/packings';
import type { Backend } from '../../gpu/backend';
import { randomNumbers } from '../../kernels/testing/twins';
import { llama } from '../llama';
import type { LlamaConfig } from '../llama-layout';
import { plainFrequencies, referenceLogits } from './reference-decoder';
import type { CheckpointTensors } from './reference-decoder';

/**
 * f32 sums against f64 sums in logits of about 1: rounding gives 2e-6 and less. Constants that are slightly wrong (an
 * epsilon, a theta, a scale) move these logits by more than 1e-3.
 */
const TOLERANCE = 2e-5;

/** Of the weights: small enough that the embedding's mean square is near the epsilon, which therefore counts. */
const EMBEDDING_SCALE = 5e-3;

/** A config.json in part. */
type Fields = Partial<LlamaConfig> & { rope_theta?: number };

const SHAPES: Record<string, Fields> = {
  'heads of 8, two queries to a key, an odd feed-forward, tied': {
    hidden_size: 64,
    intermediate_size: 172,
    num_attention_heads: 8,
    num_key_value_heads: 4,
    head_dim: 8,
    vocab_size: 101,
    tie_word_embeddings: true,
  },
  'heads of 96 wider than the hidden state, one key for three queries, untied': {
    hidden_size: 40,
    intermediate_size: 44,
    num_attention_heads: 3,
    num_key_value_heads: 1,
    head_dim: 96,
    vocab_size: 67,
    tie_word_embeddings: false,
  },
  'as many keys as queries, an odd hidden state, another theta and epsilon': {
    hidden_size: 33,
    intermediate_size: 31,
    num_attention_heads: 2,
    num_key_value_heads: 2,
    head_dim: 16,
    vocab_size: 130,
    tie_word_embeddings: false,
    rope_theta: 500_000,
    rms_norm_eps: 1e-6,
  },
  'one head of 256, one layer, one chunk of everything': {
    hidden_size: 32,
    intermediate_size: 32,
    num_attention_heads: 1,
    num_key_value_heads: 1,
    head_dim: 256,
    vocab_size: 32,
    num_hidden_layers: 1,
    tie_word_embeddings: true,
  },
};

/** Across two boundaries of blocks, in chunks that are no multiple of four. */
const LENGTH = 67;
const CHUNK = 23;

function tinyCheckpoint(shape: Fields, seed: number): { config: LlamaConfig; checkpoint: Checkpoint } {
  const json = {
    model_type: 'llama',
    num_hidden_layers: 2,
    max_position_embeddings: 128,
    rms_norm_eps: 1e-5,
    rope_theta: 10_000,
    ...shape,
  };
  const config = llama.readConfig(json);
  const tensors = new Map<string, Float32Array<ArrayBuffer>>();
  for (const { role, parts, width } of llama.weights(config)) {
    for (const { source, rows } of parts) {
      const values = randomNumbers(seed + tensors.size, rows * width);
      tensors.set(source, values.map(scaling(role, width)));
    }
  }
  const texts = { 'config.json': JSON.stringify(json), 'tokenizer.json': '' };
  return { config, checkpoint: { modelId: 'tiny', texts, tensors } };
}

/** Uniform numbers in [−1, 1) to weights of a usual size: norms near 1, projections that keep a vector's length. */
function scaling(role: string, width: number): (value: number) => number {
  if (role === 'vector') return (value) => 1 + 0.3 * value;
  if (role === 'embedding') return (value) => EMBEDDING_SCALE * value;
  return (value) => value * Math.sqrt(3 / width);
}

function expectedOf(config: LlamaConfig, tensors: CheckpointTensors, ids: number[]): Float64Array {
  const frequencies = plainFrequencies(config.rope.theta, config.head_dim);
  return referenceLogits(config, { frequencies: () => frequencies }, tensors, ids).at(-1)!;
}

/** The tied head has small weights, so its logits are small: their largest is the unit. */
function relativeDifference(found: ArrayLike<number>, expected: Float64Array): number {
  return maxDifference(found, expected) / expected.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0);
}

export function describeLlama(createBackend: () => Promise<Backend>): void {
  let backend: Backend;
  beforeAll(async () => {
    backend = await createBackend();
  });
  afterAll(() => backend.destroy());

  describe.each(Object.entries(SHAPES))('%s', (_, shape) => {
    it('gives the reference logits, in chunks and row by row', async () => {
      const { config, checkpoint } = tinyCheckpoint(shape, 1);
      const ids = Array.from({ length: LENGTH }, (_, i) => (7 * i * i + 3) % config.vocab_size);
      const runner = await createRunner(backend, packCheckpoint(checkpoint, uniform({ kind: 'f32' })));
      const expected = expectedOf(config, checkpoint.tensors, ids);
      for (const chunk of [CHUNK, 1]) {
        const probe = new Probe(runner);
        const [found] = await probe.prefill(ids, [LENGTH - 1], chunk);
        probe.release();
        expect(relativeDifference(found!, expected), `chunks of ${chunk}`).toBeLessThan(TOLERANCE);
      }
      runner.destroy();
    });

    it.each([
      ['epsilon ten times too large', (config: LlamaConfig) => ({ rms_norm_eps: 10 * config.rms_norm_eps })],
      ['theta a tenth too large', ({ rope }: LlamaConfig) => ({ rope: { ...rope, theta: 1.1 * rope.theta } })],
    ])('would notice: %s', (_, edit) => {
      const { config, checkpoint } = tinyCheckpoint(shape, 1);
      const ids = Array.from({ length: LENGTH }, (_, i) => (7 * i * i + 3) % config.vocab_size);
      const expected = expectedOf(config, checkpoint.tensors, ids);
      const wrong = expectedOf({ ...config, ...edit(config) }, checkpoint.tensors, ids);
      expect(relativeDifference(wrong, expected)).toBeGreaterThan(50 * TOLERANCE);
    });
  });
}
