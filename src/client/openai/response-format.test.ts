import { describe, expect, it } from 'vitest';
import { ApiError } from './api-error';
import { readChatRequest } from './chat-request';

const schema = { type: 'object', properties: { a: { type: 'boolean' } } };

const read = (response_format: unknown) =>
  readChatRequest({ model: 'tales', messages: [{ role: 'user', content: 'Hello' }], response_format });

describe('response_format', () => {
  it.each([
    [{ type: 'json_object' }, { type: 'json' }],
    [
      { type: 'json_schema', json_schema: { name: 'a', schema, strict: true } },
      { type: 'json_schema', schema, strict: true },
    ],
    [
      { type: 'json_schema', json_schema: { name: 'a', schema } },
      { type: 'json_schema', schema, strict: false },
    ],
    [
      { type: 'json_schema', json_schema: { name: 'a' } },
      { type: 'json_schema', schema: {}, strict: false },
    ],
    [
      { type: 'grammar', grammar: 'root ::= "a"' },
      { type: 'grammar', ebnf: 'root ::= "a"' },
    ],
    [
      { type: 'regex', pattern: 'a+' },
      { type: 'regex', pattern: 'a+' },
    ],
  ])('%j becomes the grammar %j', (format, grammar) => {
    expect(read(format).options.grammar).toEqual(grammar);
  });

  it.each([{ type: 'text' }, null, undefined])('%j asks for nothing', (format) => {
    expect(read(format).options).not.toHaveProperty('grammar');
  });

  it.each([
    ['json', 'response_format', 'invalid_value'],
    [{ type: 'xml' }, 'response_format.type', 'invalid_value'],
    [{ type: 'json_schema' }, 'response_format.json_schema', 'missing_required_parameter'],
    [{ type: 'json_schema', json_schema: { schema: [] } }, 'response_format.json_schema.schema', 'invalid_value'],
    [{ type: 'grammar', grammar: '' }, 'response_format.grammar', 'invalid_value'],
    [{ type: 'regex' }, 'response_format.pattern', 'missing_required_parameter'],
  ])('%j is refused by its place', (format, param, code) => {
    let refusal: unknown;
    try {
      read(format);
    } catch (error) {
      refusal = error;
    }
    expect(refusal).toBeInstanceOf(ApiError);
    expect((refusal as ApiError).fields).toMatchObject({ status: 400, param, code });
  });
});
