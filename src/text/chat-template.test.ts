import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { HearthError } from '../lib/errors';
import { checkpointTemplate, createChatTemplate, PLAIN_TEMPLATE, strftime, type ChatMessage } from './chat-template';
import type { NamedTokens } from './tokenizer';
import { readCheckpoint, talesFolder, testdata, testdataMissing } from './test-checkpoints';

const chat: ChatMessage[] = [
  { role: 'system', content: 'Be brief.' },
  { role: 'user', content: 'Hi' },
  { role: 'assistant', content: 'Hello!' },
  { role: 'user', content: 'Who are you?' },
];

describe('createChatTemplate', () => {
  test('renders the Tales template', () => {
    const template = createChatTemplate(checkpointTemplate(readCheckpoint(talesFolder))!, {});
    expect(template.render(chat.slice(1), true)).toBe(
      '<|user|>\nHi<|end|>\n<|assistant|>\nHello!<|end|>\n<|user|>\nWho are you?<|end|>\n<|assistant|>\n',
    );
    expect(template.render(chat.slice(1, 2), false)).toBe('<|user|>\nHi<|end|>\n');
  });

  test('passes the variables of Transformers', () => {
    const source = `{{ bos_token }}|{{ eos_token is defined }}|{{ tools is none }}|{{ documents is none }}|{{ none is none }}|
{%- for i in range(3) %}{{ i }}{% endfor %}{% for i in range(5, 1, -2) %}{{ i }}{% endfor %}|{{ messages | length }}`;
    expect(createChatTemplate(source, { bos_token: '<s>' }).render(chat.slice(1), true)).toBe(
      '<s>|false|true|true|true|01253|3',
    );
  });

  test('a base model gets a plain transcript', () => {
    expect(createChatTemplate(PLAIN_TEMPLATE, {}).render(chat, true)).toBe(
      'Be brief.\n\nUser: Hi\nAssistant: Hello!\nUser: Who are you?\nAssistant:',
    );
    expect(createChatTemplate(PLAIN_TEMPLATE, {}).render(chat.slice(1, 2), false)).toBe('User: Hi\n');
  });

  test('the refusal of a template is told in its own words', () => {
    const template = createChatTemplate(`{{ raise_exception('Roles must alternate') }}`, {});
    expect(() => template.render(chat, true)).toThrow(
      expect.objectContaining({ code: 'bad-request', message: expect.stringContaining('Roles must alternate') }),
    );
  });

  test('a template that is no Jinja, or calls what does not exist, is an unsupported model', () => {
    expect(() => createChatTemplate('{% for %}', {})).toThrow(expect.objectContaining({ code: 'unsupported-model' }));
    const template = createChatTemplate('{{ messages | no_such_filter }}', {});
    expect(() => template.render(chat, true)).toThrow(expect.objectContaining({ code: 'unsupported-model' }));
    expect(() => template.render(chat, true)).toThrow(HearthError);
    const endless = createChatTemplate('{% for i in range(1000000000) %}x{% endfor %}', {});
    expect(() => endless.render(chat, true)).toThrow(expect.objectContaining({ code: 'unsupported-model' }));
  });

  test('a system message that the template refuses or drops goes in front of the first user message', () => {
    const refuses = `{% for m in messages %}{% if m.role == 'system' %}{{ raise_exception('no') }}{% endif %}[{{ m.content }}]{% endfor %}`;
    const drops = `{% for m in messages %}{% if m.role != 'system' %}[{{ m.content }}]{% endif %}{% endfor %}`;
    const keeps = `{% for m in messages %}[{{ m.content }}]{% endfor %}`;
    expect(createChatTemplate(refuses, {}).render(chat, true)).toBe('[Be brief.\nHi][Hello!][Who are you?]');
    expect(createChatTemplate(drops, {}).render(chat, true)).toBe('[Be brief.\nHi][Hello!][Who are you?]');
    expect(createChatTemplate(keeps, {}).render(chat, true)).toBe('[Be brief.][Hi][Hello!][Who are you?]');
    expect(createChatTemplate(drops, {}).render(chat.slice(0, 1), true)).toBe('[Be brief.]');
  });

  test('dates are English and in the local time zone, whatever the locale', () => {
    const date = new Date(2026, 1, 3, 4, 5, 6);
    expect(strftime(date, '%d %b %Y, %A %B %H:%M:%S 100%% %q')).toBe('03 Feb 2026, Tuesday February 04:05:06 100% %q');
    expect(createChatTemplate(`{{ strftime_now('%Y') }}`, {}).render([], true)).toMatch(/^20\d\d$/);
  });
});

describe('checkpointTemplate', () => {
  const base = { 'config.json': '{}', 'tokenizer.json': '{}' };
  const withField = (field: unknown) => ({
    ...base,
    'tokenizer_config.json': JSON.stringify({ chat_template: field }),
  });

  test('prefers the file, then the field, of several the default', () => {
    expect(checkpointTemplate({ ...withField('field'), 'chat_template.jinja': 'file' })).toBe('file');
    expect(checkpointTemplate(withField('field'))).toBe('field');
    const rag = { name: 'rag', template: 'r' };
    expect(checkpointTemplate(withField([rag, { name: 'default', template: 'd' }]))).toBe('d');
    expect(checkpointTemplate(withField([rag]))).toBe('r');
  });

  test('is null where there is none, and an error where it is something else', () => {
    expect(checkpointTemplate(base)).toBeNull();
    expect(checkpointTemplate(withField(null))).toBeNull();
    expect(() => checkpointTemplate(withField(7))).toThrow(expect.objectContaining({ code: 'bad-file' }));
  });
});

interface TemplateCase {
  name: string;
  template_str: string;
  expected_output: string;
  expected_output_jinja: string;
  bos_token: string;
  eos_token: string;
  extra_conversation?: ChatMessage[];
}

/** The one case whose tokens the file leaves out (llama.cpp renders it without its template). */
const MISSING_TOKENS: Record<string, NamedTokens> = {
  'ai-sage/GigaChat-20B-A3B-instruct': {
    bos_token: '<s>',
    additional_special_tokens: ['<|role_sep|>', '<|message_sep|>', '[', ']'],
  },
};

describe('templates of llama.cpp', () => {
  test('all 35 cases give the expected text', (context) => {
    context.skip(testdataMissing !== false, String(testdataMissing));
    const data = JSON.parse(readFileSync(join(testdata, 'llamacpp/chat-template-cases.json'), 'utf8'));
    const cases: TemplateCase[] = data.cases;
    const differing = cases.filter((item) => {
      const template = createChatTemplate(item.template_str, {
        bos_token: item.bos_token,
        eos_token: item.eos_token,
        ...MISSING_TOKENS[item.name],
      });
      const messages = [...data.messages, ...(item.extra_conversation ?? [])];
      const expected = item.expected_output_jinja || item.expected_output;
      return template.render(messages, data.add_generation_prompt) !== expected;
    });
    expect(differing.map((item) => item.name)).toEqual([]);
    expect(cases.length).toBe(35);
  });

  test('the templates of eight current models keep every message, the system text included', (context) => {
    context.skip(testdataMissing !== false, String(testdataMissing));
    const folder = join(testdata, 'llamacpp/templates');
    const files = readdirSync(folder);
    expect(files.length).toBe(8);
    for (const file of files) {
      const template = createChatTemplate(readFileSync(join(folder, file), 'utf8'), {
        bos_token: '<s>',
        eos_token: '</s>',
      });
      const text = template.render(chat, true);
      for (const { content } of chat) expect(text, file).toContain(content);
      expect(text.split('<s>').length, file).toBeLessThanOrEqual(2);
    }
  });
});
