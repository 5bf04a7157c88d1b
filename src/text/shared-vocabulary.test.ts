import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { CheckpointTexts } from './checkpoint-texts';
import { assertSharedVocabulary } from './shared-vocabulary';
import { readCheckpoint, talesFolder } from './test-checkpoints';
import { createTextModel } from './text-model';

interface TokenizerJson {
  model: { vocab: Record<string, number> };
  added_tokens: { id: number; content: string; special: boolean }[];
}

const tales = readCheckpoint(talesFolder);
const target = createTextModel(tales);

/** Tales with another tokenizer.json. */
function changed(change: (json: TokenizerJson) => void): CheckpointTexts {
  const json = JSON.parse(tales['tokenizer.json']) as TokenizerJson;
  change(json);
  return { ...tales, 'tokenizer.json': JSON.stringify(json) };
}

const refusal = (texts: CheckpointTexts) => {
  try {
    assertSharedVocabulary(target, createTextModel(texts));
  } catch (error) {
    return error;
  }
  return null;
};

describe('a shared vocabulary', () => {
  test('is that of Tales and its draft, whose templates and configs may differ', () => {
    const draft = createTextModel(readCheckpoint(join(talesFolder, '../tales-draft')));
    expect(() => assertSharedVocabulary(target, draft)).not.toThrow();
  });

  test('has the same size', () => {
    const texts = changed((json) => json.added_tokens.push({ id: 4096, content: '<|more|>', special: true }));
    expect(refusal(texts)).toMatchObject({
      code: 'bad-request',
      message: expect.stringMatching(/has 4097 tokens, .* has 4096;/),
    });
  });

  test('has the same tokens under the same ids; the first difference is told', () => {
    const words = Object.entries(JSON.parse(tales['tokenizer.json']).model.vocab as Record<string, number>);
    const [[one = ''] = [], [other = ''] = []] = [1181, 2021].map(
      (id) => words.find(([, known]) => known === id) ?? [],
    );
    const texts = changed(({ model }) => {
      model.vocab[one] = 2021;
      model.vocab[other] = 1181;
    });
    expect(refusal(texts)).toMatchObject({
      message: `Token 1181 of the draft model is ${JSON.stringify(other)}, and of the model it is to guess for ${JSON.stringify(one)}; expected the same vocabulary.`,
    });
  });

  test('has the same special tokens', () => {
    const { 'tokenizer_config.json': _, ...texts } = changed((json) => {
      for (const token of json.added_tokens) if (token.id === 1) token.special = false;
    });
    expect(refusal(texts)).toMatchObject({
      message: expect.stringMatching(/^Token 1 .* is "<\|user\|>", .* the special token "<\|user\|>";/),
    });
  });
});
