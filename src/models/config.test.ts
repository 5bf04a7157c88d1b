/** What the pages read from config.json, in its older and newer spellings, and how they refuse what is wrong. */
import { describe, expect, it } from 'vitest';
import { HearthError } from '../lib/errors';
import { gemma2Layout } from './gemma2-layout';
import { gemma3Layout } from './gemma3-layout';
import { graniteLayout } from './granite-layout';
import { modelLayout } from './layouts';
import { llamaLayout } from './llama-layout';
import { mistralLayout } from './mistral-layout';
import { phi3Layout } from './phi3-layout';
import { qwen2Layout } from './qwen2-layout';
import { qwen3Layout } from './qwen3-layout';
import { smolLm3Layout } from './smollm3-layout';
import { generator } from '../weights/testing/checkpoint';

const SIZES = {
  vocab_size: 100,
  hidden_size: 64,
  intermediate_size: 80,
  num_hidden_layers: 3,
  num_attention_heads: 4,
  num_key_value_heads: 2,
};

const refusal = (code: string, message: RegExp) =>
  expect.objectContaining({ code, message: expect.stringMatching(message) });

describe('rope', () => {
  const ropeOf = (fields: object) => llamaLayout.readConfig({ ...SIZES, ...fields }).rope;

  it.each([
    [{}, { theta: 10_000, rotaryDim: 16, scaling: null }],
    [
      { rope_theta: 5e5, rope_scaling: null },
      { theta: 5e5, rotaryDim: 16, scaling: null },
    ],
    [{ rope_parameters: { rope_type: 'default', rope_theta: 5e5 } }, { theta: 5e5, rotaryDim: 16, scaling: null }],
    [
      { rope_theta: 5e5, rope_parameters: { rope_type: 'default' } },
      { theta: 5e5, rotaryDim: 16, scaling: null },
    ],
    [{ rope_scaling: { type: 'linear', factor: 2 } }, { rotaryDim: 16, scaling: { type: 'linear', factor: 2 } }],
    [{ partial_rotary_factor: 0.5 }, { rotaryDim: 8 }],
    [{ rope_parameters: { rope_theta: 7, partial_rotary_factor: 0.25 } }, { theta: 7, rotaryDim: 4 }],
  ])('reads %j', (fields, expected) => {
    expect(ropeOf(fields)).toMatchObject(expected);
  });

  it('reads the scaling of Llama 3 alike in both spellings', () => {
    const scaling = { factor: 8, low_freq_factor: 1, high_freq_factor: 4, original_max_position_embeddings: 64 };
    const older = ropeOf({ rope_theta: 5e5, rope_scaling: { rope_type: 'llama3', ...scaling } });
    expect(older.scaling).toEqual({
      type: 'llama3',
      factor: 8,
      lowFrequency: 1,
      highFrequency: 4,
      originalContext: 64,
    });
    expect(ropeOf({ rope_parameters: { rope_type: 'llama3', rope_theta: 5e5, ...scaling } })).toEqual(older);
  });

  it('takes the magnitude of longrope from the config, or from the two contexts', () => {
    const factors = { short_factor: Array(8).fill(1), long_factor: Array(8).fill(2) };
    const magnitude = (scaling: object, fields: object = {}) => {
      const json = { ...SIZES, max_position_embeddings: 4096, rope_scaling: { ...factors, ...scaling }, ...fields };
      return phi3Layout.readConfig(json).rope.scaling;
    };
    const beside = { original_max_position_embeddings: 512 };
    const computed = Math.sqrt(1 + Math.log(8) / Math.log(512));
    expect(magnitude({ type: 'su' }, beside)).toMatchObject({ magnitude: computed, originalContext: 512 });
    expect(magnitude({ type: 'longrope', ...beside, factor: 8 })).toMatchObject({ magnitude: computed });
    expect(magnitude({ type: 'longrope', attention_factor: 1.25 }, beside)).toMatchObject({ magnitude: 1.25 });
    const unstretched = { original_max_position_embeddings: 4096 };
    expect(magnitude({ type: 'longrope' }, unstretched)).toMatchObject({ magnitude: 1 });
  });

  it.each([
    [{ rope_scaling: { rope_type: 'yarn', factor: 4 } }, 'unsupported-model', /rope_type = "yarn".*linear, llama3/],
    [{ rope_scaling: { type: 'dynamic', factor: 2 } }, 'unsupported-model', /"dynamic"/],
    [{ rope_scaling: 8 }, 'bad-file', /rope_scaling = 8; expected an object/],
    [{ rope_scaling: { type: 'linear' } }, 'bad-file', /rope_scaling.factor = nothing/],
    [{ rope_scaling: { type: 'linear', factor: -1 } }, 'bad-file', /rope_scaling.factor = -1/],
    [{ rope_scaling: { type: 'frequency-factors', factors: [1, 2] } }, 'bad-file', /2 entries in .*factors.*8/],
    [{ rope_scaling: { type: 'frequency-factors', factors: Array(8).fill(0) } }, 'bad-file', /0 at 0 in/],
    [{ rope_parameters: { full_attention: {}, sliding_attention: {} } }, 'bad-file', /one object for all layers/],
    [{ rope_parameters: { rope_theta: '10' } }, 'bad-file', /rope_parameters.rope_theta = "10"/],
    [{ partial_rotary_factor: 1.5 }, 'bad-file', /partial_rotary_factor = 1.5/],
    [{ partial_rotary_factor: 0.2 }, 'bad-file', /even number/],
  ])('refuses %j', (fields, code, message) => {
    expect(() => ropeOf(fields)).toThrow(refusal(code, message));
  });
});

describe('windows', () => {
  it.each([
    [mistralLayout, {}, [4096, 4096, 4096]],
    [mistralLayout, { sliding_window: null }, [null, null, null]],
    [mistralLayout, { sliding_window: 8, layer_types: ['sliding', 'full', 'full'] }, [8, null, null]],
    [qwen2Layout, { sliding_window: 8 }, [null, null, null]],
    [qwen2Layout, { sliding_window: 8, use_sliding_window: true, max_window_layers: 2 }, [null, null, 8]],
    [qwen3Layout, { sliding_window: 8, layer_types: ['full', 'sliding', 'full'] }, [null, null, null]],
    [gemma2Layout, { sliding_window: 8 }, [8, null, 8]],
    [gemma3Layout, { sliding_window: 8, sliding_window_pattern: 3 }, [8, 8, null]],
    [gemma3Layout, { sliding_window: 8, layer_types: ['full', 'sliding', 'full'] }, [null, 8, null]],
    [phi3Layout, {}, [null, null, null]],
    [phi3Layout, { sliding_window: 2047 }, [2047, 2047, 2047]],
    [smolLm3Layout, { no_rope_layers: [1, 0, 1], use_sliding_window: true, sliding_window: 8 }, [null, 8, null]],
  ])('of %o with %j', (layout, fields, expected) => {
    const types = 'layer_types' in fields && { layer_types: fields.layer_types.map((type) => `${type}_attention`) };
    expect(layout.readConfig({ ...SIZES, ...fields, ...types })).toMatchObject({ windows: expected });
  });

  it.each([
    [{ layer_types: ['full_attention'] }, /1 entries in layer_types; expected a list of 3/],
    [{ layer_types: ['full_attention', 'full_attention', 'linear_attention'] }, /"linear_attention" at 2/],
    [{ sliding_window: 0 }, /sliding_window = 0/],
    [{ sliding_window: '8' }, /sliding_window = "8"/],
  ])('refuses %j', (fields, message) => {
    expect(() => mistralLayout.readConfig({ ...SIZES, ...fields })).toThrow(refusal('bad-file', message));
  });
});

describe('gemma3', () => {
  it('turns local and global layers by angles of their own, in both spellings', () => {
    const older = gemma3Layout.readConfig({
      ...SIZES,
      head_dim: 16,
      rope_theta: 1e6,
      rope_local_base_freq: 100,
      rope_scaling: { rope_type: 'linear', factor: 8 },
    });
    expect(older.globalRope).toEqual({ theta: 1e6, rotaryDim: 16, scaling: { type: 'linear', factor: 8 } });
    expect(older.localRope).toEqual({ theta: 100, rotaryDim: 16, scaling: null });
    const newer = gemma3Layout.readConfig({
      ...SIZES,
      head_dim: 16,
      rope_parameters: {
        full_attention: { rope_type: 'linear', rope_theta: 1e6, factor: 8 },
        sliding_attention: { rope_type: 'default', rope_theta: 100 },
      },
    });
    expect(newer).toEqual(older);
  });

  it('is found in a multimodal checkpoint, whose config leaves out what is usual', () => {
    const json = {
      model_type: 'gemma3',
      text_config: { model_type: 'gemma3_text', hidden_size: 2560, num_hidden_layers: 34, sliding_window: 1024 },
      vision_config: { hidden_size: 1152 },
    };
    const layout = modelLayout(json);
    const config = layout.readConfig(json);
    expect(config).toMatchObject({ vocab_size: 262_208, num_attention_heads: 8, head_dim: 256 });
    const sources = layout.weights(config).flatMap(({ parts }) => parts.map(({ source }) => source));
    expect(sources).toContain('language_model.model.layers.33.self_attn.q_norm.weight');
    expect(() => layout.readConfig({ model_type: 'gemma3' })).toThrow(refusal('bad-file', /text_config = nothing/));
  });

  it('stores its norms with the one that the checkpoint leaves out', () => {
    const vectors = gemma3Layout.weights(gemma3Layout.readConfig(SIZES)).filter(({ role }) => role === 'vector');
    expect(vectors).toHaveLength(1 + 3 * 5);
    for (const { parts } of vectors) for (const { plus } of parts) expect(plus).toBe(1);
  });
});

it.each([
  [gemma2Layout, { hidden_activation: 'gelu' }, 'unsupported-model', /hidden_activation = "gelu"/],
  [gemma2Layout, { final_logit_softcapping: -1 }, 'bad-file', /final_logit_softcapping = -1/],
  [graniteLayout, { residual_multiplier: 0 }, 'bad-file', /residual_multiplier = 0/],
  [smolLm3Layout, { no_rope_layers: [1, 1] }, 'bad-file', /2 entries in no_rope_layers/],
  [llamaLayout, { num_hidden_layers: 1e9 }, 'bad-file', /num_hidden_layers = 1000000000; expected at most/],
  [llamaLayout, { quantization_config: { bits: 4 } }, 'unsupported-model', /quantization_config/],
])('%o refuses %j', (layout, fields, code, message) => {
  expect(() => layout.readConfig({ ...SIZES, ...fields })).toThrow(refusal(code, message));
});

it('reads null for a soft cap as none', () => {
  const off = { attn_logit_softcapping: null, final_logit_softcapping: null };
  expect(gemma2Layout.readConfig({ ...SIZES, ...off })).toMatchObject(off);
  const usual = { attn_logit_softcapping: 50, final_logit_softcapping: 30 };
  expect(gemma2Layout.readConfig(SIZES)).toMatchObject(usual);
});

describe('fields gone wrong', () => {
  const TYPES = ['llama', 'mistral', 'qwen2', 'qwen3', 'gemma2', 'gemma3_text', 'phi3', 'smollm3', 'granite', 'olmo2'];
  const WRONG = [null, true, 0, -1, 1.5, 1e308, Number.MAX_SAFE_INTEGER, '8', '', [], [1], {}, { rope_type: 'llama3' }];
  const COUNT = import.meta.env['HEARTH_DEEP'] ? 20_000 : 500;

  it(`give a config whose sizes can be told, or an error that names one, ${COUNT} times`, () => {
    const random = generator(6);
    const pick = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)]!;
    const complete = {
      ...SIZES,
      head_dim: 16,
      max_position_embeddings: 64,
      rms_norm_eps: 1e-6,
      tie_word_embeddings: true,
      rope_theta: 1e4,
      rope_parameters: { rope_theta: 1e4, rope_type: 'linear', factor: 2 },
      rope_scaling: { type: 'longrope', short_factor: Array(8).fill(1), long_factor: Array(8).fill(1) },
      original_max_position_embeddings: 32,
      sliding_window: 8,
      use_sliding_window: true,
      layer_types: Array(3).fill('full_attention'),
      no_rope_layers: [1, 1, 0],
      text_config: SIZES,
    };
    let refused = 0;
    for (let i = 0; i < COUNT; i++) {
      const json: Record<string, unknown> = { ...complete, model_type: pick(TYPES) };
      if (random() < 0.7) delete json['rope_parameters'];
      for (let edits = 1 + Math.floor(3 * random()); edits > 0; edits--) {
        const field = pick(Object.keys(complete));
        if (random() < 0.2) delete json[field];
        else json[field] = pick(WRONG);
      }
      try {
        const layout = modelLayout(json);
        const config = layout.readConfig(json);
        const widths = layout.weights(config).map(({ width }) => width);
        const sizes = [...widths, ...Object.values<number>(layout.activations(config))];
        expect(
          sizes.every((size) => size > 0),
          JSON.stringify(json),
        ).toBe(true);
        expect(
          Object.values(layout.rotations(config, 2))
            .flatMap((table) => [...table])
            .every(Number.isFinite),
        ).toBe(true);
      } catch (error) {
        if (!(error instanceof HearthError)) throw error;
        refused++;
        expect(error.message).toMatch(/config\.json|architecture/);
      }
    }
    expect(refused).toBeGreaterThan(COUNT / 4);
    expect(refused).toBeLessThan(COUNT);
  });
});
