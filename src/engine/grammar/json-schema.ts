/**
 * A JSON schema in the words that the grammar library keeps to. It passes over some keywords in silence, so they are refused
 * here by name and place, or left out where the caller is content with that. What JSON schema leaves open is closed, so that
 * answers end: an object has the properties that are named, an array with a list of items no others. Every value of the schema
 * that is returned is one of the schema that was given.
 */
import { HearthError } from '../../lib/errors';
import type { JsonSchema } from './grammar-wish';
import { MOST_UNROLLED, unrolledSize } from './unrolled-size';

type Keywords = Record<string, unknown>;

const STRING = ['pattern', 'format', 'minLength', 'maxLength'];
const NUMBER = ['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum'];
const ARRAY = ['items', 'prefixItems', 'minItems', 'maxItems'];
const OBJECT = [
  'properties',
  'required',
  'additionalProperties',
  'patternProperties',
  'minProperties',
  'maxProperties',
];

/** Each of these says all of a value: the library looks at nothing beside it. */
const WHOLE = ['$ref', 'const', 'enum', 'anyOf', 'oneOf', 'allOf'];

/** Keywords that no grammar of the library keeps to. */
const NEVER = [
  'not',
  'if',
  'then',
  'else',
  'multipleOf',
  'uniqueItems',
  'contains',
  'propertyNames',
  'dependentRequired',
  'dependentSchemas',
  'dependencies',
  '$dynamicRef',
];

const CONSTRAINTS = [...WHOLE, 'type', ...STRING, ...NUMBER, ...ARRAY, ...OBJECT];

/** Formats that the library has a grammar for. */
const FORMATS = [
  'email',
  'date',
  'time',
  'date-time',
  'duration',
  'ipv4',
  'ipv6',
  'hostname',
  'uuid',
  'uri',
  'uri-reference',
  'uri-template',
  'json-pointer',
  'relative-json-pointer',
];

/** Repetitions become that many states, and each state is held against the whole vocabulary. */
const MOST_REPEATS = 1024;

const MOST_LEVELS = 64;

/** Lists of types write out what is below them once for each type, so that a short schema may stand for a very large one. */
const MOST_SCHEMAS = 20_000;

/** Where a range of integers ends that has one bound only: the largest number of fifteen digits, which JavaScript tells apart. */
const LARGEST = 999_999_999_999_999;

/**
 * @param strict false leaves out what cannot be kept to.
 * @throws HearthError `bad-grammar` naming the keyword and its place.
 */
export function readJsonSchema(schema: JsonSchema, strict: boolean): JsonSchema {
  return new SchemaReader(schema, strict).read(schema, '#', 0);
}

class SchemaReader {
  #count = 0;

  constructor(
    readonly root: JsonSchema,
    readonly strict: boolean,
  ) {}

  read(schema: unknown, at: string, level: number): JsonSchema {
    if (typeof schema === 'boolean') return schema;
    if (!isKeywords(schema)) throw refusal(at, 'is no schema; expected an object, true or false');
    if (level > MOST_LEVELS) throw refusal(at, `is nested deeper than ${MOST_LEVELS} levels`);
    if (++this.#count > MOST_SCHEMAS) throw refusal(at, `is one of more than ${MOST_SCHEMAS} schemas`);
    for (const keyword of NEVER) if (asks(schema, keyword)) this.#giveUp(at, keyword, 'grammars do not keep to it');
    const definitions = ['$defs', 'definitions'].flatMap((name) =>
      isKeywords(schema[name]) ? [[name, this.#readEach(schema[name], `${at}/${name}`, level)]] : [],
    );
    return { ...Object.fromEntries(definitions), ...this.#readValue(schema, at, level) };
  }

  #readValue(schema: Keywords, at: string, level: number): Keywords {
    const whole = WHOLE.find((keyword) => schema[keyword] !== undefined);
    if (whole === undefined) return this.#readTyped(schema, at, level);
    for (const other of CONSTRAINTS) {
      const filters = other === 'type' && (whole === 'const' || whole === 'enum');
      if (other === whole || filters || schema[other] === undefined) continue;
      this.#giveUp(at, other, `it stands beside "${whole}", and only one of them counts`);
    }
    switch (whole) {
      case '$ref':
        return this.#readReference(schema['$ref'], at);
      case 'const':
        return { enum: this.#valuesOfType([schema['const']], schema, at) };
      case 'enum':
        return { enum: this.#valuesOfType(listOf(schema, 'enum', at), schema, at) };
      case 'allOf': {
        const [first, ...others] = listOf(schema, 'allOf', at);
        if (others.length > 0) this.#giveUp(at, 'allOf', 'of several schemas only one counts; join them into one');
        return asKeywords(this.read(first, `${at}/allOf/0`, level + 1));
      }
      default: {
        const options = listOf(schema, whole, at);
        if (whole === 'oneOf' && schema['discriminator'] === undefined && !this.#areDisjoint(options)) {
          this.#giveUp(at, 'oneOf', 'two of its schemas may fit at once; use "anyOf" where that is no matter');
        }
        return { anyOf: options.map((option, i) => this.read(option, `${at}/${whole}/${i}`, level + 1)) };
      }
    }
  }

  /** The library takes whatever a reference names that is no place in the schema for anything at all. */
  #readReference(reference: unknown, at: string): Keywords {
    if (typeof reference === 'string' && /^#(\/|$)/.test(reference)) return { $ref: reference };
    this.#giveUp(at, '$ref', 'only places in the schema itself can be meant, such as "#/$defs/name"');
    return {};
  }

  #readTyped(schema: Keywords, at: string, level: number): Keywords {
    const { type } = schema;
    if (Array.isArray(type)) {
      return { anyOf: type.map((each: unknown) => this.#readTyped({ ...schema, type: each }, at, level)) };
    }
    switch (type ?? impliedType(schema)) {
      case 'string':
        return this.#readString(schema, at);
      case 'integer':
        return this.#readInteger(schema, at);
      case 'number':
        for (const keyword of NUMBER) {
          if (schema[keyword] !== undefined) this.#giveUp(at, keyword, 'only an "integer" can have bounds');
        }
        return { type };
      case 'array':
        return this.#readArray(schema, at, level);
      case 'object':
        return this.#readObject(schema, at, level);
      case 'boolean':
      case 'null':
        return { type };
      case undefined:
        for (const keyword of NUMBER) {
          if (schema[keyword] !== undefined) this.#giveUp(at, keyword, 'it needs a "type" beside it');
        }
        return {};
      default:
        throw refusal(at, `has the type ${JSON.stringify(type)}; expected a type of JSON schema`);
    }
  }

  #readString(schema: Keywords, at: string): Keywords {
    const { pattern, format } = schema;
    if (typeof pattern === 'string') assertBounded(pattern, at);
    const lengths = this.#counts(schema, ['minLength', 'maxLength'], at);
    const formed =
      pattern !== undefined ? { pattern } : typeof format === 'string' && FORMATS.includes(format) ? { format } : null;
    if (formed === null) return { type: 'string', ...lengths };
    for (const keyword of Object.keys(lengths)) {
      this.#giveUp(at, keyword, `it stands beside "${Object.keys(formed)[0]}", and only one of them counts`);
    }
    return { type: 'string', ...formed };
  }

  #readInteger(schema: Keywords, at: string): Keywords {
    const bounds = NUMBER.flatMap((keyword) => {
      const bound = schema[keyword];
      if (bound === undefined) return [];
      // The first integer that a bound admits, or the last.
      const inner = keyword.endsWith('inimum') ? Math.ceil(Number(bound)) : Math.floor(Number(bound));
      const isExclusive = keyword.startsWith('exclusive') && inner === bound;
      if (typeof bound !== 'number' || !Number.isSafeInteger(inner)) {
        throw refusal(at, `has "${keyword}": ${JSON.stringify(bound)}; expected a number below 2^53 in size`);
      }
      const isLower = keyword.endsWith('inimum');
      return [{ isLower, bound: isExclusive ? inner + (isLower ? 1 : -1) : inner }];
    });
    const lower = bounds.filter(({ isLower }) => isLower).map(({ bound }) => bound);
    const upper = bounds.filter(({ isLower }) => !isLower).map(({ bound }) => bound);
    return {
      type: 'integer',
      // The library writes open ranges wrongly.
      ...(bounds.length > 0 && {
        minimum: Math.max(...lower, ...(lower.length === 0 ? [-LARGEST] : [])),
        maximum: Math.min(...upper, ...(upper.length === 0 ? [LARGEST] : [])),
      }),
    };
  }

  #readArray(schema: Keywords, at: string, level: number): Keywords {
    const counts = this.#counts(schema, ['minItems', 'maxItems'], at);
    const first = schema['prefixItems'] === undefined ? [] : listOf(schema, 'prefixItems', at);
    const isLong = first.length === 0 || (counts['minItems'] ?? 0) > first.length;
    const items = schema['items'] ?? isLong;
    return {
      type: 'array',
      ...(first.length > 0 && {
        prefixItems: first.map((item, i) => this.read(item, `${at}/prefixItems/${i}`, level + 1)),
      }),
      items: this.read(items, `${at}/items`, level + 1),
      ...counts,
    };
  }

  #readObject(schema: Keywords, at: string, level: number): Keywords {
    const counts = this.#counts(schema, ['minProperties', 'maxProperties'], at);
    const { properties = {}, additionalProperties: others = true, patternProperties } = schema;
    const required = schema['required'] === undefined ? [] : listOf(schema, 'required', at).map(String);
    const hasPatterns = isKeywords(patternProperties) && Object.keys(patternProperties).length > 0;
    if (hasPatterns) for (const pattern of Object.keys(patternProperties)) assertBounded(pattern, at);
    if (!isKeywords(properties)) throw refusal(at, 'has "properties" that are no object');
    const unnamed = required.filter((name) => !Object.hasOwn(properties, name)).map((name) => [name, others] as const);
    const named = { ...properties, ...Object.fromEntries(unnamed) };
    const isNamed = Object.keys(named).length > 0;
    for (const name of Object.keys(named)) {
      // oxlint-disable-next-line no-control-regex
      if (/["\\\u0000-\u001f]/.test(name))
        throw refusal(
          at,
          `has the property ${JSON.stringify(name)}; quotes, backslashes and control characters are not possible in names`,
        );
    }
    // A name could come twice, once as a named property and once as another one.
    if (isNamed && hasPatterns) this.#giveUp(at, 'patternProperties', 'there are "properties" too');
    if (isNamed && isKeywords(others)) this.#giveUp(at, 'additionalProperties', 'there are "properties" too');
    if (!isNamed && (counts['minProperties'] ?? 0) > 1) {
      this.#giveUp(at, 'minProperties', 'without "properties" the same name could come twice');
      delete counts['minProperties'];
    }
    return {
      type: 'object',
      ...(isNamed && { properties: this.#readEach(named, `${at}/properties`, level) }),
      ...(!isNamed &&
        hasPatterns && {
          patternProperties: this.#readEach(patternProperties, `${at}/patternProperties`, level),
        }),
      ...(required.length > 0 && { required }),
      additionalProperties: isNamed || hasPatterns ? false : this.read(others, `${at}/additionalProperties`, level + 1),
      ...counts,
    };
  }

  #readEach(schemas: Keywords, at: string, level: number): Keywords {
    return Object.fromEntries(
      Object.entries(schemas).map(([name, schema]) => [name, this.read(schema, `${at}/${name}`, level + 1)]),
    );
  }

  #counts(schema: Keywords, keywords: readonly string[], at: string): Record<string, number> {
    const counts: Record<string, number> = {};
    for (const keyword of keywords) {
      const count = schema[keyword];
      if (count === undefined) continue;
      if (typeof count !== 'number' || !Number.isSafeInteger(count) || count < 0) {
        throw refusal(at, `has "${keyword}": ${JSON.stringify(count)}; expected an integer from 0`);
      }
      if (count <= MOST_REPEATS) counts[keyword] = count;
      else this.#giveUp(at, keyword, `it is ${count}; expected at most ${MOST_REPEATS}`);
    }
    return counts;
  }

  /** Of an enumeration the values that are of the type beside it. */
  #valuesOfType(values: readonly unknown[], { type }: Keywords, at: string): unknown[] {
    const types = type === undefined ? null : [type].flat();
    const kept = values.filter((value) => types === null || types.some((each) => isOfType(value, each)));
    if (kept.length === 0) throw refusal(at, 'allows no value at all');
    return kept;
  }

  /** Whether no value can fit two of these schemas, as far as is plain to see. */
  #areDisjoint(schemas: readonly unknown[]): boolean {
    const options = schemas.map((schema) => this.#resolve(schema));
    return options.every((a, i) => options.slice(i + 1).every((b) => this.#parted(a, b)));
  }

  #parted(a: Keywords, b: Keywords): boolean {
    const numeric = ['integer', 'number'];
    const { type, properties } = a;
    if (typeof type === 'string' && typeof b['type'] === 'string' && type !== b['type']) {
      return !(numeric.includes(type) && numeric.includes(b['type']));
    }
    const [mine, others] = [valuesOf(a), valuesOf(b)];
    if (mine && others) return !mine.some((value) => others.includes(value));
    const [required, alsoRequired] = [a['required'], b['required']];
    if (!Array.isArray(required) || !Array.isArray(alsoRequired)) return false;
    if (!isKeywords(properties) || !isKeywords(b['properties'])) return false;
    const their = b['properties'];
    return required.some((name: string) => {
      if (!alsoRequired.includes(name)) return false;
      const [my, its] = [valuesOf(asKeywords(properties[name])), valuesOf(asKeywords(their[name]))];
      return my !== null && its !== null && !my.some((value) => its.includes(value));
    });
  }

  /** The schema that a reference names, where it lies in the definitions. */
  #resolve(schema: unknown): Keywords {
    const keywords = asKeywords(schema);
    const [, section, name] = /^#\/(\$defs|definitions)\/([^/]+)$/.exec(String(keywords['$ref'])) ?? [];
    if (section === undefined || name === undefined) return keywords;
    return asKeywords(asKeywords(asKeywords(this.root)[section])[name]);
  }

  /** Refuses a keyword, or lets it be left out. */
  #giveUp(at: string, keyword: string, reason: string): void {
    if (!this.strict) return;
    throw refusal(at, `asks for "${keyword}", which cannot be promised: ${reason}`);
  }
}

function refusal(at: string, found: string): HearthError {
  return new HearthError('bad-grammar', `The JSON schema at ${at} ${found}.`, {
    hint: 'Correct it or leave it out; with "strict": false what cannot be promised is left out of itself.',
  });
}

function assertBounded(pattern: string, at: string): void {
  if (unrolledSize(pattern, false) <= MOST_UNROLLED) return;
  throw refusal(at, 'has a "pattern" whose repetitions are too many once they are written out');
}

function isKeywords(value: unknown): value is Keywords {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A schema as an object; what says nothing has no keywords. */
function asKeywords(schema: unknown): Keywords {
  return isKeywords(schema) ? schema : {};
}

function listOf(schema: Keywords, keyword: string, at: string): unknown[] {
  const list = schema[keyword];
  if (Array.isArray(list) && (list.length > 0 || keyword === 'required')) return list;
  throw refusal(at, `has ${JSON.stringify(list)} for "${keyword}"; expected a list`);
}

/** Whether a keyword that is there asks for anything. */
function asks(schema: Keywords, keyword: string): boolean {
  const value = schema[keyword];
  const harmless = keyword === 'multipleOf' ? value === 1 && schema['type'] === 'integer' : value === false;
  return value !== undefined && !harmless;
}

/** What a schema without a type speaks of. */
function impliedType(schema: Keywords): string | undefined {
  const has = (keywords: readonly string[]) => keywords.some((keyword) => schema[keyword] !== undefined);
  if (has(OBJECT)) return 'object';
  if (has(ARRAY)) return 'array';
  return has(STRING) ? 'string' : undefined;
}

function isOfType(value: unknown, type: unknown): boolean {
  if (value === null) return type === 'null';
  if (Array.isArray(value)) return type === 'array';
  if (type === 'integer') return Number.isInteger(value);
  return typeof value === type;
}

/** The simple values that a schema enumerates; null for others. */
function valuesOf({ const: only, enum: several }: Keywords): unknown[] | null {
  const values = only === undefined ? several : [only];
  return Array.isArray(values) && values.every((value) => typeof value !== 'object') ? values : null;
}
