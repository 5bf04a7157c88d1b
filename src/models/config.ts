/** Reading a checkpoint's config.json: each field checked, each complaint naming what was found and what was expected. */
import { HearthError } from '../lib/errors';

export type ConfigJson = Readonly<Record<string, unknown>>;

/** @throws HearthError `bad-file` unless `json` is an object. */
export function configObject(json: unknown): ConfigJson {
  if (typeof json === 'object' && json !== null && !Array.isArray(json)) return json as ConfigJson;
  throw new HearthError('bad-file', `config.json holds ${describe(json)}; expected an object.`);
}

/** A positive whole number; `fallback` where the field is absent or null. */
export function positiveInteger(json: ConfigJson, field: string, fallback?: number): number {
  const value = json[field] ?? fallback;
  if (typeof value === 'number' && Number.isSafeInteger(value) && value > 0) return value;
  throw complaint(field, value, 'a positive whole number');
}

/** A positive number; `fallback` where the field is absent or null. */
export function positiveNumber(json: ConfigJson, field: string, fallback?: number): number {
  const value = json[field] ?? fallback;
  if (typeof value === 'number' && Number.isFinite(value) && value > 0) return value;
  throw complaint(field, value, 'a positive number');
}

export function boolean(json: ConfigJson, field: string, fallback: boolean): boolean {
  const value = json[field] ?? fallback;
  if (typeof value === 'boolean') return value;
  throw complaint(field, value, 'true or false');
}

/** Refuses a field that changes the arithmetic in a way the page does not know. */
export function mustBe(json: ConfigJson, field: string, expected: readonly unknown[]): void {
  const value = json[field] ?? null;
  if (expected.includes(value)) return;
  const known = expected.filter((item) => item !== null).map((item) => JSON.stringify(item));
  throw new HearthError(
    'unsupported-model',
    `config.json has ${field} = ${describe(value)}; this architecture is known with ${known.join(' or ') || 'no such field'} only.`,
  );
}

function complaint(field: string, value: unknown, expected: string): HearthError {
  return new HearthError('bad-file', `config.json has ${field} = ${describe(value)}; expected ${expected}.`);
}

function describe(value: unknown): string {
  if (value === undefined) return 'nothing';
  const text = JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}
