/** `response_format`, the form that an answer must have. `grammar` (as in WebLLM) and `regex` are not OpenAI's. */
import * as v from 'valibot';
import type { Grammar } from '../../protocol/generation';

const text = (expected: string) => v.pipe(v.string(expected), v.minLength(1, expected));

const jsonSchema = v.custom<Record<string, unknown> | boolean>(
  (value) => typeof value === 'boolean' || (typeof value === 'object' && value !== null && !Array.isArray(value)),
  'a JSON schema',
);

export const responseFormat = v.variant(
  'type',
  [
    v.object({ type: v.literal('text') }),
    v.object({ type: v.literal('json_object') }),
    v.object({
      type: v.literal('json_schema'),
      json_schema: v.object(
        { schema: v.optional(jsonSchema, {}), strict: v.nullish(v.boolean('true or false')) },
        'an object with "name" and "schema"',
      ),
    }),
    v.object({ type: v.literal('grammar'), grammar: text('a grammar in EBNF') }),
    v.object({ type: v.literal('regex'), pattern: text('a regular expression') }),
  ],
  'an object whose "type" is "text", "json_object", "json_schema", "grammar" or "regex"',
);

/** The same in the engine's words; null for any text. */
export function toGrammar(format: v.InferOutput<typeof responseFormat>): Grammar | null {
  switch (format.type) {
    case 'text':
      return null;
    case 'json_object':
      return { type: 'json' };
    case 'json_schema': {
      const { schema, strict } = format.json_schema;
      return { type: 'json_schema', schema, strict: strict ?? false }; // as OpenAI's API where nobody says
    }
    case 'grammar':
      return { type: 'grammar', ebnf: format.grammar };
    case 'regex':
      return format;
  }
}
