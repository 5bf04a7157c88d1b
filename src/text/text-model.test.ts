import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readCheckpoint, talesFolder, testdata, testdataMissing } from './test-checkpoints';
import { createTextModel } from './text-model';

describe('Tales', () => {
  const model = createTextModel(readCheckpoint(talesFolder));

  test('a chat is rendered and tokenised as in training', () => {
    const chat = model.renderChat([
      { role: 'system', content: 'You are a friendly storyteller.' },
      { role: 'user', content: 'What is the opposite of hot?' },
    ]);
    expect(chat.text).toBe(
      '<|system|>\nYou are a friendly storyteller.<|end|>\n<|user|>\nWhat is the opposite of hot?<|end|>\n<|assistant|>\n',
    );
    // From the golden vectors made when the model was trained.
    expect(chat.tokenIds).toEqual([
      3, 202, 428, 439, 260, 883, 2021, 17, 0, 202, 1, 202, 354, 308, 265, 1172, 327, 1630, 34, 0, 202, 2, 202,
    ]);
    expect(model.tokenizer.decode(chat.tokenIds, { skipSpecialTokens: false })).toBe(chat.text);
  });

  test('an answer that goes on stands after its opening, with its turn open', () => {
    const question = { role: 'user', content: 'Tell me a story.' } as const;
    const begun = model.renderChat([question, { role: 'assistant', content: 'Once upon a' }], { continueFinal: true });
    const opening = '<|user|>\nTell me a story.<|end|>\n<|assistant|>\n';
    expect(begun.text).toBe(`${opening}Once upon a`);
    expect(begun.tokenIds).toEqual(model.tokenizer.encode(`${opening}Once upon a`, { addSpecialTokens: false }));
    expect(() => model.renderChat([question], { continueFinal: true })).toThrow(/role "user" to go on with/);
    expect(() => model.renderChat([], { continueFinal: true })).toThrow(/no message to go on with/);
  });

  test('an answer ends with the end token, and with no string', () => {
    expect([...model.stopTokenIds]).toEqual([0]);
    expect(model.chatStopStrings).toEqual([]);
    expect(model.label).toBeNull();
  });
});

test('BOS stands once, whether the template writes it or the tokenizer would', (context) => {
  context.skip(testdataMissing !== false, String(testdataMissing));
  const texts = readCheckpoint(join(testdata, 'tokenizers/llama2'));
  const config = JSON.parse(texts['tokenizer_config.json']!);
  const withTemplate = (chat_template: string) =>
    createTextModel({ ...texts, 'tokenizer_config.json': JSON.stringify({ ...config, chat_template }) });
  const bosCount = (model: ReturnType<typeof createTextModel>) =>
    model.renderChat([{ role: 'user', content: 'Hi' }]).tokenIds.filter((id) => id === model.tokenizer.bosTokenId)
      .length;

  expect(bosCount(withTemplate('{{ bos_token }}[INST] {{ messages[0].content }} [/INST]'))).toBe(1);
  expect(bosCount(withTemplate('[INST] {{ messages[0].content }} [/INST]'))).toBe(0);
  expect(bosCount(createTextModel(texts))).toBe(1);
});

test('a checkpoint without a template gets the plain one, which ends where the next speaker begins', () => {
  const { 'tokenizer_config.json': _, ...texts } = readCheckpoint(talesFolder);
  const model = createTextModel({ ...texts, 'config.json': JSON.stringify({ _name_or_path: 'someone/Base-1B' }) });
  expect(model.renderChat([{ role: 'user', content: 'Hi' }]).text).toBe('User: Hi\nAssistant:');
  const begun = [
    { role: 'user', content: 'Hi' },
    { role: 'assistant', content: 'Hello' },
  ] as const;
  expect(model.renderChat(begun, { continueFinal: true }).text).toBe('User: Hi\nAssistant: Hello');
  expect(model.chatStopStrings).toEqual(['\nUser:']);
  expect(model.label).toBe('Base-1B');
});
