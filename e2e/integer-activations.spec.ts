/** The class of numerics that a page may ask for: its kernels come in a script of their own, and answer as words do. */
import type * as Hearth from '../src/client';
import { expect, test } from './support/test';

test('a model with int8 activations answers, alike alone and beside others', { tag: '@adapter' }, async ({ page }) => {
  await page.route('**/developer.html', (route) =>
    route.fulfill({ contentType: 'text/html', body: '<!doctype html>' }),
  );
  await page.goto('/developer.html');
  const told = await page.evaluate(async (hearthUrl) => {
    const { loadModel } = (await import(hearthUrl)) as typeof Hearth;
    const model = await loadModel('tales', { activationFormat: 'int8' });
    const ask = async (content: string) => {
      let text = '';
      for await (const piece of model.chat([{ role: 'user', content }], { temperature: 0, maxTokens: 16 })) {
        text += piece.text;
      }
      return text;
    };
    const alone = await ask('What is 7 + 5?');
    const [beside, other] = await Promise.all([ask('What is 7 + 5?'), ask('Tell me a story about a dog.')]);
    return { format: model.activationFormat, alone, beside, other };
  }, '/hearth.js');
  expect(told.format).toBe('int8');
  expect(told.alone).toContain('12');
  expect(told.beside).toBe(told.alone);
  expect(told.other).toMatch(/\bdog\b/i);
});
