import { existsSync, readFileSync, statSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { modelLayout } from '../models/layouts';
import { foreseeWeights } from '../weights/foresee';
import { catalog, defaultModelId, findModel, licenceName, loadConfigs } from './catalog';

const configs = await loadConfigs();
const configOf = (model: { id: string } | undefined) => configs[model?.id ?? ''] ?? {};

const folderOf = (path: string) => new URL(`../../public/${path}`, import.meta.url);

describe('the catalog', () => {
  it('names every model once, and its default is bundled', () => {
    expect(new Set(catalog.map((model) => model.id)).size).toBe(catalog.length);
    expect(findModel(defaultModelId)?.bundled).toBe(true);
    expect(findModel('no-such-model')).toBeUndefined();
    expect(Object.keys(configs).sort()).toEqual(catalog.map(({ id }) => id).sort());
  });

  it.each(catalog.filter(({ draft }) => draft !== undefined))(
    'names a smaller draft of the same vocabulary for $id',
    (model) => {
      const draft = findModel(model.draft ?? '');
      expect(draft?.parameterCount).toBeLessThan(model.parameterCount);
      expect(configOf(draft)['vocab_size']).toBe(configOf(model)['vocab_size']);
    },
  );

  it.each(catalog)('says what $id is, and where it lies', (model) => {
    expect(model.examples).toHaveLength(3);
    expect(model.goodFor.split(' ').length).toBeLessThanOrEqual(7);
    expect([model.path, model.repository].filter((place) => place !== undefined)).toHaveLength(1);
    expect(model.path ?? '').toMatch(/^([^/].*\/)?$/);
    expect(model.repository ?? 'a/b').toMatch(/^[\w.-]+\/[\w.-]+$/);
    expect(licenceName(model)).toMatch(/^[A-Z][\w. -]+$/);
  });

  it.each(catalog.filter(({ path }) => path !== undefined))('tells the truth about $id', (model) => {
    const folder = folderOf(model.path ?? '');
    const files = ['config.json', 'generation_config.json', 'tokenizer.json', 'tokenizer_config.json']
      .map((name) => new URL(name, folder))
      .filter((file) => existsSync(file));
    const weights = new URL('model.safetensors', folder);
    const bytes = [...files, weights].reduce((sum, file) => sum + statSync(file).size, 0);
    expect(model.downloadBytes).toBe(bytes);
    const config: unknown = JSON.parse(readFileSync(new URL('config.json', folder), 'utf8'));
    expect(config).toMatchObject(configOf(model));
    expect(model.parameterCount).toBe(countParameters(readFileSync(weights)));
  });

  it.each(catalog.filter(({ repository }) => repository !== undefined))(
    'has figures for $id that its config bears out',
    (model) => {
      // 16 bits a weight, and a tokenizer of 2 to 35 MB.
      const textBytes = model.downloadBytes - 2 * model.parameterCount;
      expect(textBytes).toBeGreaterThan(2e6);
      expect(textBytes).toBeLessThan(35e6);
      const published = publishedConfigs?.[PUBLISHED[model.id] ?? ''];
      if (published) expect(withHeadDim(published)).toMatchObject(configOf(model));
      if (!isKnownLayout(configOf(model))) return; // its page is still to come
      const layout = modelLayout(configOf(model));
      expect(model.parameterCount).toBe(
        foreseeWeights(layout.weights(layout.readConfig(configOf(model)))).parameterCount,
      );
    },
  );
});

/** Configs as they were published, by the names they have in the test data; null where that is not here. */
const configsFile = new URL('../../../shared/testdata/configs/hf-configs.json', import.meta.url);
const publishedConfigs = existsSync(configsFile)
  ? (JSON.parse(readFileSync(configsFile, 'utf8')) as Record<string, Record<string, unknown>>)
  : null;
const PUBLISHED: Record<string, string> = {
  'smollm2-135m': 'SmolLM2-135M',
  'smollm2-360m': 'SmolLM2-360M',
  'qwen3-0.6b': 'Qwen3-0.6B',
  'qwen3-1.7b': 'Qwen3-1.7B',
  'llama-3.2-1b': 'Llama-3.2-1B',
  'llama-3.2-3b': 'Llama-3.2-3B',
  'gemma-3-1b': 'gemma-3-1b-it',
};

/** Older configs leave out what follows from other fields, Gemma's that the head is tied. */
function withHeadDim(config: Record<string, unknown>): Record<string, unknown> {
  const headDim = Number(config['hidden_size']) / Number(config['num_attention_heads']);
  return { head_dim: headDim, tie_word_embeddings: true, ...config };
}

function isKnownLayout(config: unknown): boolean {
  try {
    modelLayout(config);
    return true;
  } catch {
    return false;
  }
}

/** The sum of all tensors' sizes in a safetensors file. */
function countParameters(file: Buffer): number {
  const headerBytes = Number(file.readBigUInt64LE(0));
  const header = JSON.parse(file.toString('utf8', 8, 8 + headerBytes)) as Record<string, { shape?: number[] }>;
  return Object.values(header)
    .flatMap((entry) => (entry.shape ? [entry.shape] : []))
    .reduce((sum, shape) => sum + shape.reduce((size, length) => size * length, 1), 0);
}
