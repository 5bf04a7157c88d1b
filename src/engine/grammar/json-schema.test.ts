/** What is kept of a JSON schema, by an independent judge (ajv), and what is refused. */
import Ajv from 'ajv/dist/2020';
import { describe, expect, it } from 'vitest';
import { randomNumbers } from '../../kernels/testing/twins';
import type { JsonSchema } from './grammar-wish';
import { readJsonSchema } from './json-schema';
import { createWalkCompiler, walk } from './testing/random-walk';

const SAMPLES = import.meta.env['HEARTH_DEEP'] === '1' ? 200 : 12;

const digit = { type: 'integer', minimum: 0, maximum: 9 };
const flags = { type: 'boolean' };

const KEPT: [string, JsonSchema][] = [
  ['an enumeration', { enum: ['a', 1, null, { b: [true] }, 'x"y\\z'] }],
  ['an enumeration beside a type', { type: 'string', enum: ['a', 1, 'b'] }],
  ['a constant', { const: 'a"\\\n\u00e9' }],
  ['a range of integers', { type: 'integer', minimum: -17, maximum: 123 }],
  ['a range without an end', { type: 'integer', minimum: -3 }],
  ['a range without a beginning', { type: 'integer', maximum: 1234 }],
  ['a range beyond what is usual', { type: 'integer', minimum: 2 ** 52, maximum: 2 ** 52 + 3 }],
  ['exclusive bounds that are no integers', { type: 'integer', exclusiveMinimum: 0.5, exclusiveMaximum: 3 }],
  ['several bounds', { type: ['integer', 'null'], minimum: 1, exclusiveMinimum: 4, maximum: 9, exclusiveMaximum: 30 }],
  ['numbers', { type: 'number' }],
  ['lengths', { type: 'string', minLength: 2, maxLength: 4 }],
  ['a length without a type', { maxLength: 2 }],
  ['a pattern', { type: 'string', pattern: '^[a-z]{1,4}-(x|y)$' }],
  ['an unknown format', { type: 'string', format: 'frob', maxLength: 3 }],
  ['items', { type: 'array', items: digit, minItems: 1, maxItems: 3 }],
  ['items of any kind', { type: 'array', maxItems: 2 }],
  ['a tuple', { type: 'array', prefixItems: [digit, flags] }],
  ['a tuple and more', { type: 'array', prefixItems: [digit], minItems: 3, maxItems: 4, items: flags }],
  ['a tuple that more must follow', { type: 'array', prefixItems: [digit], minItems: 2, maxItems: 3 }],
  ['any object', { type: 'object', maxProperties: 2 }],
  ['properties', { properties: { a: flags, b: digit, 'ä ö': digit }, required: ['b'] }],
  ['a required property that is not described', { type: 'object', properties: { a: flags }, required: ['a', 'z'] }],
  ['counts of properties', { type: 'object', properties: { a: flags, b: digit }, minProperties: 1, maxProperties: 1 }],
  ['properties beside any others', { type: 'object', properties: { a: flags }, additionalProperties: true }],
  ['a map', { type: 'object', additionalProperties: flags, minProperties: 1, maxProperties: 3 }],
  ['names by a pattern', { type: 'object', patternProperties: { '^x[0-9]$': flags }, additionalProperties: false }],
  ['one of several', { anyOf: [digit, { type: 'null' }, { type: 'string', maxLength: 2 }] }],
  ['exactly one of several types', { oneOf: [digit, { type: 'string', maxLength: 2 }] }],
  ['a single joined schema', { title: 'A', allOf: [digit] }],
  ['multiples of one', { ...digit, multipleOf: 1 }],
  ['anything', true],
  ['nothing said', {}],
  [
    'exactly one of several kinds, by reference',
    {
      $defs: {
        cat: { type: 'object', properties: { kind: { const: 'cat' }, lives: digit }, required: ['kind', 'lives'] },
        dog: { type: 'object', properties: { kind: { const: 'dog' }, good: flags }, required: ['kind'] },
      },
      oneOf: [{ $ref: '#/$defs/cat' }, { $ref: '#/$defs/dog' }],
    },
  ],
  [
    'a tree',
    {
      type: 'object',
      properties: { value: digit, next: { anyOf: [{ $ref: '#' }, { type: 'null' }] } },
      required: ['value', 'next'],
    },
  ],
  [
    'a record of everything',
    {
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      title: 'Pet',
      description: 'A pet, and "what" it does.',
      type: 'object',
      properties: {
        name: { type: 'string', maxLength: 8, description: 'Its name', default: 'Rex' },
        born: { type: 'string', format: 'date' },
        tags: { type: 'array', items: { enum: ['big', 'small'] }, maxItems: 2 },
        owner: { type: ['object', 'null'], properties: { id: digit }, required: ['id'], additionalProperties: false },
      },
      required: ['name', 'born', 'tags', 'owner'],
      additionalProperties: false,
    },
  ],
];

/** Schemas that cannot be promised, and the keyword that is named. */
const REFUSED: [string, JsonSchema][] = [
  ['multipleOf', { type: 'integer', multipleOf: 5 }],
  ['minimum', { type: 'number', minimum: -1.5 }],
  ['maximum', { maximum: 3 }],
  ['uniqueItems', { type: 'array', items: { enum: [1, 2] }, uniqueItems: true }],
  ['contains', { type: 'array', contains: digit }],
  ['not', { type: 'object', properties: { a: { not: digit } } }],
  ['if', { if: { properties: { a: { const: 1 } } }, else: { required: ['b'] } }],
  ['allOf', { allOf: [{ minimum: 3 }, { type: 'integer' }] }],
  ['oneOf', { oneOf: [digit, { type: 'integer', minimum: 5 }] }],
  ['properties', { properties: { k: digit }, anyOf: [{ required: ['k'] }] }],
  ['maximum', { $defs: { d: digit }, $ref: '#/$defs/d', maximum: 5 }],
  ['maxLength', { type: 'string', pattern: '^[a-z]+$', maxLength: 3 }],
  ['maxLength', { type: 'string', format: 'date', maxLength: 3 }],
  ['maxItems', { type: 'array', maxItems: 5000 }],
  ['patternProperties', { properties: { x1: digit }, patternProperties: { '^x': flags } }],
  ['additionalProperties', { properties: { a: digit }, additionalProperties: flags }],
  ['minProperties', { type: 'object', additionalProperties: flags, minProperties: 2 }],
  ['$ref', { $ref: 'https://example.org/pet.json' }],
  ['$ref', { $defs: { pet: { ...digit, $anchor: 'pet' } }, $ref: '#pet' }],
  ['propertyNames', { type: 'object', propertyNames: { pattern: '^a' } }],
  ['dependentRequired', { type: 'object', properties: { a: digit }, dependentRequired: { a: ['b'] } }],
];

/** Schemas with a mistake, and what is told of it. */
const MISTAKEN: [unknown, RegExp][] = [
  [{ type: 'frob' }, /type "frob"/],
  [{ properties: { a: { type: 'string', enum: [1] } } }, /#\/properties\/a allows no value/],
  [{ type: 'array', items: 'string' }, /#\/items is no schema/],
  [{ anyOf: [] }, /"anyOf"/],
  [{ type: 'string', maxLength: -1 }, /"maxLength": -1/],
  [{ type: 'integer', minimum: '3' }, /"minimum": "3"/],
  [{ type: 'string', pattern: '(([a-z]{900}){900}' }, /"pattern"/],
  [{ properties: { 'a"b': digit } }, /property "a\\"b"/],
  [
    Array.from({ length: 20 }).reduce<object>((items) => ({ type: ['array', 'array', 'array'], items }), {}),
    /more than 20000 schemas/,
  ],
  [Array.from({ length: 70 }).reduce<object>((items) => ({ items }), {}), /deeper than 64/],
];

const compiler = createWalkCompiler();
const ajv = new Ajv({ strict: false, validateFormats: false });

function randomOf(seed: number): () => number {
  const numbers = randomNumbers(seed, 10_000);
  let next = 0;
  return () => (numbers[next++ % numbers.length]! + 1) / 2;
}

describe('every text of a grammar is what its schema describes', () => {
  it.each(KEPT)('%s', async (_, schema) => {
    const isValid = ajv.compile(schema);
    let ended = 0;
    for (let seed = 0; seed < SAMPLES; seed++) {
      const text = await walk(compiler, { type: 'json_schema', schema }, randomOf(seed));
      if (text === null) continue;
      ended++;
      expect(isValid(JSON.parse(text)), text).toBe(true);
    }
    expect(ended).toBeGreaterThan(SAMPLES / 3);
  });
});

describe('what cannot be promised', () => {
  it.each(REFUSED)('is refused by its name: %s in %j', async (keyword, schema) => {
    const refusal = { code: 'bad-grammar', message: expect.stringContaining(`"${keyword}"`) };
    await expect(compiler.matcher({ type: 'json_schema', schema })).rejects.toMatchObject(refusal);
    const text = await walk(compiler, { type: 'json_schema', schema, strict: false }, randomOf(1));
    if (text !== null) JSON.parse(text);
  });
});

it.each(MISTAKEN)('a mistake is told with its place: %j', (schema, message) => {
  for (const strict of [true, false]) expect(() => readJsonSchema(schema as JsonSchema, strict)).toThrow(message);
});

it('grammars that are asked for all at once do not take each other away', async () => {
  const wishes = Array.from({ length: 20 }, (_, i) => ({ type: 'regex', pattern: `a${i}` }) as const);
  const texts = await Promise.all(wishes.map((wish) => walk(compiler, wish, randomOf(1))));
  expect(texts).toEqual(wishes.map(({ pattern }) => pattern));
});

it('an object may have any properties where none is named', async () => {
  const texts = new Set<string>();
  for (let seed = 0; seed < 8; seed++) texts.add((await walk(compiler, { type: 'json' }, randomOf(seed))) ?? '');
  expect([...texts].some((text) => text.length > 10)).toBe(true);
});
