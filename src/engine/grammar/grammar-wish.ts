/**
 * What an answer may have to be written in. Names and meanings are those of `protocol/generation.ts`. It is checked in two
 * steps: its form with the other options, at once; what the grammar says when it is compiled (grammar-compiler.ts).
 */
import * as v from 'valibot';

export type GrammarWish =
  | { type: 'json' }
  | { type: 'json_schema'; schema: JsonSchema; strict?: boolean }
  | { type: 'grammar'; ebnf: string }
  | { type: 'regex'; pattern: string };

/** A JSON schema: an object of keywords, or true for anything. */
export type JsonSchema = Record<string, unknown> | boolean;

const text = v.pipe(v.string(), v.minLength(1));
const isSchema = (value: unknown): value is JsonSchema =>
  typeof value === 'boolean' || (typeof value === 'object' && value !== null && !Array.isArray(value));

export const grammarWish: v.GenericSchema<GrammarWish> = v.variant('type', [
  v.object({ type: v.literal('json') }),
  v.object({ type: v.literal('json_schema'), schema: v.custom<JsonSchema>(isSchema), strict: v.optional(v.boolean()) }),
  v.object({ type: v.literal('grammar'), ebnf: text }),
  v.object({ type: v.literal('regex'), pattern: text }),
]);

export const GRAMMAR_EXPECTED =
  '{ type: "json" }, { type: "json_schema", schema }, { type: "grammar", ebnf } or { type: "regex", pattern }';
