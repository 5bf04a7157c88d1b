import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { vocabularyOf } from './vocabulary';

const fileOf = (model: string) =>
  readFileSync(new URL(`../../../public/models/${model}/tokenizer.json`, import.meta.url), 'utf8');
const tokenizer = (vocab: unknown, added: unknown[] = []) => JSON.stringify({ model: { vocab }, added_tokens: added });

it('is the same for a model and its draft, whatever else their files say', async () => {
  const tales = await vocabularyOf(fileOf('tales'));
  expect(tales).toMatch(/^[0-9a-f]{16}$/);
  expect(await vocabularyOf(fileOf('tales-draft'))).toBe(tales);
  expect(await vocabularyOf(JSON.stringify({ version: 'other', ...JSON.parse(fileOf('tales')) }))).toBe(tales);
});

it('does not depend on the order tokens are listed in, nor on the kind of list', async () => {
  const abc = await vocabularyOf(tokenizer({ a: 0, b: 1, c: 2 }));
  expect(await vocabularyOf(tokenizer({ c: 2, a: 0, b: 1 }))).toBe(abc);
  expect(
    await vocabularyOf(
      tokenizer([
        ['a', -1],
        ['b', -2],
        ['c', -3],
      ]),
    ),
  ).toBe(abc);
});

it('differs where one token, its id or what it is for differs', async () => {
  const words = await Promise.all([
    vocabularyOf(tokenizer({ a: 0, b: 1 })),
    vocabularyOf(tokenizer({ a: 1, b: 0 })),
    vocabularyOf(tokenizer({ a: 0, b: 2 })),
    vocabularyOf(tokenizer({ a: 0, b: 1 }, [{ id: 2, content: 'c' }])),
    vocabularyOf(tokenizer({ a: 0, b: 1 }, [{ id: 2, content: 'c', special: true }])),
  ]);
  expect(new Set(words).size).toBe(words.length);
});

it.each(['', '{}', '{"model":{"vocab":{}}}', '[1]'])('is nothing for %j', async (text) => {
  expect(await vocabularyOf(text)).toBeNull();
});
