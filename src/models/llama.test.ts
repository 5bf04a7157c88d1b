import { describe, expect, it } from 'vitest';
import { modelPage } from './index';
import { llama } from './llama';
import { rotationTable } from './rotary';

const CONFIG = {
  model_type: 'llama',
  vocab_size: 100,
  hidden_size: 48,
  intermediate_size: 80,
  num_hidden_layers: 2,
  num_attention_heads: 6,
  num_key_value_heads: 2,
};

describe('modelPage', () => {
  it('knows llama', () => {
    expect(modelPage(CONFIG)).toBe(llama);
  });

  it.each([
    [{ model_type: 'mamba' }, 'unsupported-model', /"mamba".*llama/],
    [{}, 'unsupported-model', /not named.*llama/],
    [{ model_type: 'toString' }, 'unsupported-model', /"toString"/],
    [[], 'bad-file', /expected an object/],
    [null, 'bad-file', /expected an object/],
  ])('refuses %j', (json, code, message) => {
    expect(() => modelPage(json)).toThrow(expect.objectContaining({ code, message: expect.stringMatching(message) }));
  });
});

describe('readConfig', () => {
  it('fills in what older checkpoints leave out', () => {
    expect(llama.readConfig({ ...CONFIG, num_key_value_heads: undefined })).toEqual({
      vocab_size: 100,
      hidden_size: 48,
      intermediate_size: 80,
      num_hidden_layers: 2,
      num_attention_heads: 6,
      num_key_value_heads: 6,
      head_dim: 8,
      max_position_embeddings: 2048,
      rms_norm_eps: 1e-6,
      tie_word_embeddings: false,
      rope: { theta: 10_000, rotaryDim: 8, scaling: null },
    });
  });

  it.each([
    [{ vocab_size: undefined }, 'bad-file', /vocab_size = nothing.*positive whole number/],
    [{ hidden_size: 48.5 }, 'bad-file', /hidden_size = 48.5/],
    [{ num_hidden_layers: -1 }, 'bad-file', /num_hidden_layers = -1/],
    [{ rms_norm_eps: 0 }, 'bad-file', /rms_norm_eps = 0.*positive number/],
    [{ tie_word_embeddings: 'yes' }, 'bad-file', /tie_word_embeddings = "yes".*true or false/],
    [{ num_key_value_heads: 4 }, 'bad-file', /6 attention heads and 4 key-value heads/],
    [{ hidden_act: 'gelu' }, 'unsupported-model', /hidden_act = "gelu".*"silu"/],
    [{ rope_scaling: { type: 'yarn', factor: 2 } }, 'unsupported-model', /rope_scaling.rope_type = "yarn".*llama3/],
    [{ attention_bias: true }, 'unsupported-model', /attention_bias = true.*false/],
    [{ mlp_bias: true }, 'unsupported-model', /mlp_bias = true/],
    [{ head_dim: 12 }, 'unsupported-model', /head_dim = 12.*multiple of 8/],
    [{ head_dim: 264 }, 'unsupported-model', /head_dim = 264.*256/],
  ])('refuses %j', (fields, code, message) => {
    const read = () => llama.readConfig({ ...CONFIG, ...fields });
    expect(read).toThrow(expect.objectContaining({ code, message: expect.stringMatching(message) }));
  });
});

describe('weights', () => {
  it('ask for every tensor of the checkpoint once, with its shape', () => {
    const shapes = (fields: object) =>
      llama
        .weights(llama.readConfig({ ...CONFIG, ...fields }))
        .flatMap(({ parts, width }) => parts.map(({ source, rows }) => `${source} [${rows}, ${width}]`));
    const layer = (n: number) => [
      `model.layers.${n}.input_layernorm.weight [1, 48]`,
      `model.layers.${n}.self_attn.q_proj.weight [48, 48]`,
      `model.layers.${n}.self_attn.k_proj.weight [16, 48]`,
      `model.layers.${n}.self_attn.v_proj.weight [16, 48]`,
      `model.layers.${n}.self_attn.o_proj.weight [48, 48]`,
      `model.layers.${n}.post_attention_layernorm.weight [1, 48]`,
      `model.layers.${n}.mlp.gate_proj.weight [80, 48]`,
      `model.layers.${n}.mlp.up_proj.weight [80, 48]`,
      `model.layers.${n}.mlp.down_proj.weight [48, 80]`,
    ];
    const ends = ['model.embed_tokens.weight [100, 48]', 'model.norm.weight [1, 48]'];
    expect(shapes({ tie_word_embeddings: true }).toSorted()).toEqual([...ends, ...layer(0), ...layer(1)].toSorted());
    expect(shapes({})).toContain('lm_head.weight [100, 48]');
    expect(shapes({ head_dim: 16 })).toContain('model.layers.0.self_attn.o_proj.weight [48, 96]');
  });
});

describe('rotationTable', () => {
  it('holds cosine and sine of position · theta^(−2i / headDim)', () => {
    const table = rotationTable({ theta: 10_000, rotaryDim: 8, scaling: null }, 5); // frequencies 1, 0.1, 0.01, 0.001
    const at = (position: number, i: number) => [...table.subarray(2 * (position * 4 + i), 2 * (position * 4 + i) + 2)];
    expect(at(0, 2)).toEqual([1, 0]);
    for (const [i, frequency] of [1, 0.1, 0.01, 0.001].entries()) {
      const [cos, sin] = at(3, i);
      expect(cos).toBeCloseTo(Math.cos(3 * frequency), 6);
      expect(sin).toBeCloseTo(Math.sin(3 * frequency), 6);
    }
    expect(table).toHaveLength(5 * 8);
  });

  it('is exact to f32 at far positions', () => {
    const table = rotationTable({ theta: 500_000, rotaryDim: 4, scaling: null }, 100_001);
    expect(table[2 * 100_000 * 2]).toBe(Math.fround(Math.cos(100_000)));
  });
});
