/**
 * The suite of all pages on any backend: for each architecture a tiny checkpoint with random weights and every oddity it may
 * have, against the float64 reference, which is told the oddities in its own words.
 */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { packCheckpoint } from '../../engine/testing/checkpoint';
import type { Checkpoint } from '../../engine/testing/checkpoint';
import { createRunner, maxDifference, Probe, recordForward } from '../../engine/testing/forward';
import { uniform } from '../../engine/testing/packings';
import type { Backend } from '../../gpu/backend';
import { CpuBackend } from '../../gpu/cpu-backend';
import { randomNumbers } from '../../kernels/testing/twins';
import { modelLayout } from '../layouts';
import { plainFrequencies, referenceLogits } from './reference-decoder';
import type { Oddities, PlainSizes } from './reference-decoder';

/** f32 sums against f64 sums, relative to the largest logit. An oddity left out moves them by more than 1e-2. */
const TOLERANCE = 2e-5;

/** Across two boundaries of blocks, in chunks that are no multiple of four. */
const LENGTH = 67;
const CHUNK = 23;
const SINGLE = 3; // the last ones once more, row by row

/** Heads that do not share out the hidden state. Alike in all cases, so that most kernels are compiled once. */
const SIZES = {
  vocab_size: 53,
  hidden_size: 48,
  intermediate_size: 44,
  num_hidden_layers: 2,
  num_attention_heads: 4,
  num_key_value_heads: 2,
  head_dim: 16,
  max_position_embeddings: 128,
  rms_norm_eps: 1e-2, // so large that it counts
  tie_word_embeddings: true,
};

const PLAIN = plainFrequencies(10_000, 16);
const GEMMA_NORMS = {
  before: ['input_layernorm', 'pre_feedforward_layernorm'],
  after: ['post_attention_layernorm', 'post_feedforward_layernorm'],
} as const;

/** Llama 3.1's rule as the reference implementation has it, by wavelengths. */
function llama3Frequency(frequency: number): number {
  const [factor, low, high, original] = [8, 1, 4, 64];
  const wavelength = (2 * Math.PI) / frequency;
  if (wavelength < original / high) return frequency;
  if (wavelength > original / low) return frequency / factor;
  const smooth = (original / wavelength - low) / (high - low);
  return ((1 - smooth) * frequency) / factor + smooth * frequency;
}

const LLAMA3_FIELDS = {
  factor: 8,
  low_freq_factor: 1,
  high_freq_factor: 4,
  original_max_position_embeddings: 64,
};

const SHORT_FACTORS = [1.1, 1.2, 1.3, 1.5, 2, 2.5];
const LONG_FACTORS = [1.5, 2, 3, 4, 6, 9];
const LONGROPE = {
  ...SIZES,
  model_type: 'phi3',
  partial_rotary_factor: 0.75,
  original_max_position_embeddings: 96,
  max_position_embeddings: 384,
  rope_scaling: { type: 'longrope', short_factor: SHORT_FACTORS, long_factor: LONG_FACTORS },
};
const longrope = (factors: readonly number[]): Oddities => ({
  frequencies: () => plainFrequencies(10_000, 12).map((frequency, i) => frequency / factors[i]!),
  magnitude: Math.sqrt(1 + Math.log(4) / Math.log(96)),
  fused: true,
});

interface Case {
  json: Readonly<Record<string, unknown>>;
  oddities: Oddities;
  contextLength?: number;
}

const CASES: Record<string, Case> = {
  'llama with the rope of Llama 3.1': {
    json: { ...SIZES, model_type: 'llama', rope_theta: 500, rope_scaling: { rope_type: 'llama3', ...LLAMA3_FIELDS } },
    oddities: { frequencies: () => plainFrequencies(500, 16).map(llama3Frequency) },
  },
  'llama with factors for its frequencies, in the newer spelling': {
    json: {
      ...SIZES,
      model_type: 'llama',
      rope_parameters: { rope_type: 'frequency-factors', rope_theta: 300, factors: [1, 2, 3, 4, 5, 6, 7, 8] },
    },
    oddities: { frequencies: () => plainFrequencies(300, 16).map((frequency, i) => frequency / (i + 1)) },
  },
  'mistral with a window and one key for all queries': {
    json: { ...SIZES, model_type: 'mistral', num_key_value_heads: 1, sliding_window: 20 },
    oddities: { frequencies: () => PLAIN, window: () => 20 },
  },
  'qwen2 with a window in its last layer': {
    json: {
      ...SIZES,
      model_type: 'qwen2',
      rope_theta: 1e6,
      use_sliding_window: true,
      sliding_window: 9,
      max_window_layers: 1,
    },
    oddities: {
      frequencies: () => plainFrequencies(1e6, 16),
      biases: true,
      window: (layer) => (layer < 1 ? Infinity : 9),
    },
  },
  qwen3: {
    json: { ...SIZES, model_type: 'qwen3', tie_word_embeddings: false },
    oddities: { frequencies: () => PLAIN, qkNorm: 'head' },
  },
  gemma2: {
    json: {
      ...SIZES,
      model_type: 'gemma2',
      query_pre_attn_scalar: 9,
      sliding_window: 24,
      attn_logit_softcapping: 1.5,
      final_logit_softcapping: 2,
    },
    oddities: {
      frequencies: () => PLAIN,
      embeddingScale: Math.sqrt(48),
      scoreScale: 1 / 3,
      scoreCap: 1.5,
      logitCap: 2,
      gate: 'gelu',
      norms: GEMMA_NORMS,
      normPlusOne: true,
      window: (layer) => (layer === 0 ? 24 : Infinity),
    },
  },
  'gemma3 with its global layers stretched': {
    json: {
      ...SIZES,
      model_type: 'gemma3_text',
      num_hidden_layers: 3,
      query_pre_attn_scalar: 4,
      sliding_window: 16,
      sliding_window_pattern: 2,
      rope_theta: 2000,
      rope_local_base_freq: 100,
      rope_scaling: { rope_type: 'linear', factor: 4 },
    },
    oddities: {
      frequencies: (layer) =>
        layer === 1 ? plainFrequencies(2000, 16).map((frequency) => frequency / 4) : plainFrequencies(100, 16),
      embeddingScale: Math.sqrt(48),
      scoreScale: 1 / 2,
      gate: 'gelu',
      norms: GEMMA_NORMS,
      normPlusOne: true,
      qkNorm: 'head',
      window: (layer) => (layer === 1 ? Infinity : 16),
    },
  },
  'phi3 within its first context': { json: LONGROPE, oddities: longrope(SHORT_FACTORS), contextLength: 96 },
  'phi3 beyond it': { json: LONGROPE, oddities: longrope(LONG_FACTORS), contextLength: 97 },
  smollm3: {
    json: { ...SIZES, model_type: 'smollm3', rope_theta: 10_000, no_rope_layers: [0, 1] },
    oddities: { frequencies: (layer) => (layer === 0 ? [] : PLAIN) },
  },
  granite: {
    json: {
      ...SIZES,
      model_type: 'granite',
      embedding_multiplier: 6,
      residual_multiplier: 0.35,
      attention_multiplier: 0.7,
      logits_scaling: 3,
    },
    oddities: {
      frequencies: () => PLAIN,
      embeddingScale: 6,
      residualScale: 0.35,
      scoreScale: 0.7,
      logitDivisor: 3,
    },
  },
  olmo2: {
    json: { ...SIZES, model_type: 'olmo2', tie_word_embeddings: false },
    oddities: {
      frequencies: () => PLAIN,
      norms: { before: null, after: ['post_attention_layernorm', 'post_feedforward_layernorm'] },
      qkNorm: 'all',
    },
  },
};

/** Uniform numbers in [−1, 1) to weights of a usual size: norms near 1, projections that keep a vector's length. */
function tinyCheckpoint(json: Case['json']): Checkpoint {
  const page = modelLayout(json);
  const tensors = new Map<string, Float32Array<ArrayBuffer>>();
  for (const { role, parts, width } of page.weights(page.readConfig(json))) {
    for (const { source, rows, plus = 0 } of parts) {
      const norm = source.endsWith('.weight') ? 1 - plus : 0;
      const weight = (value: number) => (role === 'vector' ? norm + 0.3 * value : value * Math.sqrt(3 / width));
      tensors.set(source, randomNumbers(tensors.size, rows * width).map(weight));
    }
  }
  return { modelId: 'tiny', texts: { 'config.json': JSON.stringify(json), 'tokenizer.json': '' }, tensors };
}

/** The twins under another numerics class: what they give does not depend on it, but what is recorded does. */
export function cpuBackend(lanes: number): Backend {
  return new (class extends CpuBackend {
    override readonly lanes = lanes;
  })();
}

export function describeDecoders(createBackend: () => Promise<Backend>): void {
  let backend: Backend;
  beforeAll(async () => {
    backend = await createBackend();
  });
  afterAll(() => backend.destroy());

  it.each(Object.entries(CASES))('%s gives the reference logits, and the same bits row by row', async (_, one) => {
    const { json, oddities, contextLength } = one;
    const checkpoint = tinyCheckpoint(json);
    const ids = Array.from({ length: LENGTH }, (_, i) => (7 * i * i + 3) % SIZES.vocab_size);
    const expected = referenceLogits(json as unknown as PlainSizes, oddities, checkpoint.tensors, ids).at(-1)!;
    const unit = expected.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0);
    const stored = packCheckpoint(checkpoint, uniform({ kind: 'f32' }));
    const runner = await createRunner(backend, stored, { ...(contextLength && { contextLength }) });
    const probe = new Probe(runner);
    const [chunked] = await probe.prefill(ids, [LENGTH - 1], CHUNK);
    probe.position = LENGTH - SINGLE;
    for (const id of ids.slice(-SINGLE, -1)) await probe.feed([id]);
    const [single] = await probe.feed(ids.slice(-1));
    runner.destroy();
    expect(maxDifference(chunked!, expected) / unit).toBeLessThan(TOLERANCE);
    expect(single).toEqual(chunked);
  });
}

/** Dispatches of a layer with norms before products, and inside them; of all architectures that are not named, 8 and 6. */
const DISPATCHES: Readonly<Record<string, readonly [before: number, inside: number]>> = {
  gemma2: [10, 8],
  gemma3: [10, 8],
  gemma3_text: [10, 8],
  olmo2: [9, 9],
};

export function describeDispatches(): void {
  it.each(Object.entries(CASES))('%s has so many dispatches a layer', async (_, { json, contextLength }) => {
    const stored = packCheckpoint(tinyCheckpoint(json), uniform({ kind: 'f32' }));
    const counts = [1, 8].map(async (lanes) => {
      const runner = await createRunner(cpuBackend(lanes), stored, { ...(contextLength && { contextLength }) });
      const count = recordForward(runner, 1, 1).filter(({ label }) => label.startsWith('layers.0.')).length;
      runner.destroy();
      return count;
    });
    expect(await Promise.all(counts)).toEqual(DISPATCHES[String(json['model_type'])] ?? [8, 6]);
  });
}

/** What the cases would not notice, they would not prove. */
export function describeOddities(): void {
  it.each(Object.entries(CASES))('%s is told from what it would be without each oddity', (_, { json, oddities }) => {
    const { tensors } = tinyCheckpoint(json);
    const ids = Array.from({ length: LENGTH }, (_, i) => (7 * i * i + 3) % SIZES.vocab_size);
    const logits = (others: Oddities) => referenceLogits(json as unknown as PlainSizes, others, tensors, ids).at(-1)!;
    const expected = logits(oddities);
    const unit = expected.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0);
    const optional = Object.keys(oddities).filter((name) => !['frequencies', 'fused', 'norms'].includes(name));
    for (const name of optional) {
      const without = logits({ ...oddities, [name]: undefined });
      expect(maxDifference(without, expected) / unit, name).toBeGreaterThan(500 * TOLERANCE);
    }
    const unturned = logits({ ...oddities, frequencies: () => PLAIN.map((frequency) => 1.1 * frequency).slice(0, 6) });
    expect(maxDifference(unturned, expected) / unit, 'frequencies').toBeGreaterThan(50 * TOLERANCE);
  });
}
