import { existsSync, readFileSync, statSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { catalog, defaultModelId, findModel } from './catalog';

const folderOf = (path: string) => new URL(`../../public/${path}`, import.meta.url);

describe('the catalog', () => {
  it('names every model once, and its default is bundled', () => {
    expect(new Set(catalog.map((model) => model.id)).size).toBe(catalog.length);
    expect(findModel(defaultModelId)?.bundled).toBe(true);
    expect(findModel('no-such-model')).toBeUndefined();
  });

  it.each(catalog.filter(({ draft }) => draft !== undefined))(
    'names a smaller draft of the same vocabulary for $id',
    (model) => {
      const draft = findModel(model.draft ?? '');
      expect(draft?.parameterCount).toBeLessThan(model.parameterCount);
      expect(draft?.config['vocab_size']).toBe(model.config['vocab_size']);
    },
  );

  it.each(catalog)('tells the truth about $id', (model) => {
    expect(model.examples).toHaveLength(3);
    expect(model.goodFor.split(' ').length).toBeLessThanOrEqual(7);
    expect(model.path).toMatch(/^[^/].*\/$/);

    const files = ['config.json', 'generation_config.json', 'tokenizer.json', 'tokenizer_config.json']
      .map((name) => new URL(name, folderOf(model.path)))
      .filter((file) => existsSync(file));
    const weights = new URL('model.safetensors', folderOf(model.path));
    const bytes = [...files, weights].reduce((sum, file) => sum + statSync(file).size, 0);
    expect(model.downloadBytes).toBe(bytes);
    const config: unknown = JSON.parse(readFileSync(new URL('config.json', folderOf(model.path)), 'utf8'));
    expect(config).toMatchObject(model.config);
    expect(model.parameterCount).toBe(countParameters(readFileSync(weights)));
  });
});

/** The sum of all tensors' sizes in a safetensors file. */
function countParameters(file: Buffer): number {
  const headerBytes = Number(file.readBigUInt64LE(0));
  const header = JSON.parse(file.toString('utf8', 8, 8 + headerBytes)) as Record<string, { shape?: number[] }>;
  return Object.values(header)
    .flatMap((entry) => (entry.shape ? [entry.shape] : []))
    .reduce((sum, shape) => sum + shape.reduce((size, length) => size * length, 1), 0);
}
