/**
 * Reading a checkpoint's config.json: each field checked, each complaint naming what was found and what was expected. A field
 * of a nested object is named with a point: `rope_scaling.factor`. Null means the same as absent, unless a reader says more.
 */
import { HearthError } from '../lib/errors';

export type ConfigJson = Readonly<Record<string, unknown>>;

/** @throws HearthError `bad-file` unless `json` is an object. */
export function configObject(json: unknown): ConfigJson {
  if (typeof json === 'object' && json !== null && !Array.isArray(json)) return json as ConfigJson;
  throw new HearthError('bad-file', `config.json holds ${describe(json)}; expected an object.`);
}

/** A positive whole number; `fallback` where the field is absent or null. */
export function positiveInteger(json: ConfigJson, field: string, fallback?: number): number {
  const value = valueAt(json, field) ?? fallback;
  if (typeof value === 'number' && Number.isSafeInteger(value) && value > 0) return value;
  throw complaint(field, value, 'a positive whole number');
}

/** A positive number; `fallback` where the field is absent or null. */
export function positiveNumber(json: ConfigJson, field: string, fallback?: number): number {
  const value = valueAt(json, field) ?? fallback;
  if (typeof value === 'number' && Number.isFinite(value) && value > 0) return value;
  throw complaint(field, value, 'a positive number');
}

export function boolean(json: ConfigJson, field: string, fallback: boolean): boolean {
  const value = valueAt(json, field) ?? fallback;
  if (typeof value === 'boolean') return value;
  throw complaint(field, value, 'true or false');
}

/** For what null switches off: null stays null, and only an absent field takes the fallback. */
export function positiveNumberOrNull(json: ConfigJson, field: string, fallback: number | null): number | null {
  const value = valueAt(json, field);
  if (value === null || (value === undefined && fallback === null)) return null;
  return positiveNumber(json, field, fallback ?? undefined);
}

/** As `positiveNumberOrNull`, a whole number. */
export function positiveIntegerOrNull(json: ConfigJson, field: string, fallback: number | null): number | null {
  const value = valueAt(json, field);
  if (value === null || (value === undefined && fallback === null)) return null;
  return positiveInteger(json, field, fallback ?? undefined);
}

/** `length` positive numbers. */
export function positiveNumbers(json: ConfigJson, field: string, length: number): readonly number[] {
  const isPositive = (item: unknown) => typeof item === 'number' && Number.isFinite(item) && item > 0;
  return list(json, field, length, isPositive, 'positive numbers') as readonly number[];
}

/** One of `known` for each of `length` layers; null where the field is absent. */
export function choices<Choice>(
  json: ConfigJson,
  field: string,
  length: number,
  known: readonly Choice[],
): readonly Choice[] | null {
  if ((valueAt(json, field) ?? null) === null) return null;
  const expected = `of ${known.map((item) => JSON.stringify(item)).join(' or ')}, one for each layer`;
  return list(json, field, length, (item) => known.includes(item as Choice), expected) as readonly Choice[];
}

function list(
  json: ConfigJson,
  field: string,
  length: number,
  isRight: (item: unknown) => boolean,
  expected: string,
): readonly unknown[] {
  const value = valueAt(json, field);
  if (!Array.isArray(value)) throw complaint(field, value, `a list of ${length} ${expected}`);
  if (value.length === length && value.every(isRight)) return value as readonly unknown[];
  const wrong = value.findIndex((item) => !isRight(item));
  const found = wrong < 0 ? `${value.length} entries` : `${describe(value[wrong])} at ${wrong}`;
  throw new HearthError('bad-file', `config.json has ${found} in ${field}; expected a list of ${length} ${expected}.`);
}

/** A nested object; null where the field is absent. */
export function objectOrNull(json: ConfigJson, field: string): ConfigJson | null {
  const value = valueAt(json, field) ?? null;
  if (value === null) return null;
  if (typeof value === 'object' && !Array.isArray(value)) return value as ConfigJson;
  throw complaint(field, value, 'an object');
}

/** Refuses a field that changes the arithmetic in a way the page does not know. */
export function mustBe(json: ConfigJson, field: string, expected: readonly unknown[]): void {
  const value = valueAt(json, field) ?? null;
  if (expected.includes(value)) return;
  const known = expected.filter((item) => item !== null).map((item) => JSON.stringify(item));
  throw new HearthError(
    'unsupported-model',
    `config.json has ${field} = ${describe(value)}; this architecture is known with ${known.join(' or ') || 'no such field'} only.`,
  );
}

/** What lies at a path of names with points between them; undefined where nothing does. */
function valueAt(json: ConfigJson, path: string): unknown {
  return path.split('.').reduce((value: unknown, name) => {
    const isObject = typeof value === 'object' && value !== null && Object.hasOwn(value, name);
    return isObject ? (value as ConfigJson)[name] : undefined;
  }, json);
}

export function complaint(field: string, value: unknown, expected: string): HearthError {
  return new HearthError('bad-file', `config.json has ${field} = ${describe(value)}; expected ${expected}.`);
}

function describe(value: unknown): string {
  if (value === undefined) return 'nothing';
  const text = JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}
