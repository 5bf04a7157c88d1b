/** Reading single values of a GGUF file's metadata: each checked, each complaint naming what was found and what was expected. */
import { HearthError } from '../../../lib/errors';
import type { GgufMetadata, GgufValue } from './header';

/** @throws HearthError `bad-file` when the key holds something else. */
export function text(metadata: GgufMetadata, key: string): string | undefined {
  return read(metadata, key, (value) => typeof value === 'string', 'a text');
}

/** @throws HearthError `bad-file` when the key holds something else. */
export function flag(metadata: GgufMetadata, key: string): boolean | undefined {
  return read(metadata, key, (value) => typeof value === 'boolean', 'true or false');
}

/**
 * A finite number. Those that were 32-bit floats come as the shortest decimal that means the same float: 1e-6, not
 * 9.999999974752427e-7, so that they are what the checkpoint's own config.json says.
 * @throws HearthError `bad-file` when the key holds something else.
 */
export function number(metadata: GgufMetadata, key: string): number | undefined {
  const isNumber = (value: GgufValue): value is number => typeof value === 'number' && Number.isFinite(value);
  const value = read(metadata, key, isNumber, 'a number');
  return value === undefined ? undefined : shortestDecimal(value);
}

/** A whole number from 0 on; where it is a list, one for each layer, all have to be equal. */
export function count(metadata: GgufMetadata, key: string): number | undefined {
  const value = metadata.get(key);
  if (typeof value !== 'object') return read(metadata, key, isCount, 'a whole number');
  const [first, ...others] = value;
  if (first !== undefined && isCount(first) && others.every((other) => other === first)) return first;
  throw new HearthError(
    'unsupported-model',
    `The GGUF file has ${key} = ${show(value)}; expected one number for all layers.`,
    { hint: 'Pick another model: layers that differ in their sizes are not known here.' },
  );
}

/** As `count`. @throws HearthError `bad-file` when it is 0 or missing. */
export function size(metadata: GgufMetadata, key: string): number {
  const value = count(metadata, key);
  if (value !== undefined && value > 0) return value;
  throw complaint(key, value, 'a whole number from 1 on');
}

/** A list of texts. @throws HearthError `bad-file` when the key holds something else. */
export function texts(metadata: GgufMetadata, key: string): readonly string[] | undefined {
  const isTexts = (value: GgufValue): value is readonly string[] =>
    Array.isArray(value) && value.every((item) => typeof item === 'string');
  return read(metadata, key, isTexts, 'a list of texts');
}

/** A list of numbers. @throws HearthError `bad-file` when the key holds something else. */
export function numbers(metadata: GgufMetadata, key: string): ArrayLike<number> | undefined {
  const isNumbers = (value: GgufValue): value is Exclude<GgufValue, string | readonly unknown[]> & ArrayLike<number> =>
    typeof value === 'object' && ArrayBuffer.isView(value);
  return read(metadata, key, isNumbers, 'a list of numbers');
}

export function complaint(key: string, value: GgufValue | undefined, expected: string): HearthError {
  return new HearthError('bad-file', `The GGUF file has ${key} = ${show(value)}; expected ${expected}.`);
}

function read<T extends GgufValue>(
  metadata: GgufMetadata,
  key: string,
  fits: (value: GgufValue) => value is T,
  expected: string,
): T | undefined {
  const value = metadata.get(key);
  if (value === undefined || fits(value)) return value;
  throw complaint(key, value, expected);
}

function isCount(value: GgufValue): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

/** Nine digits always tell a 32-bit float from its neighbours. */
function shortestDecimal(value: number): number {
  if (Math.fround(value) !== value) return value;
  for (let digits = 1; digits < 9; digits++) {
    const decimal = Number(value.toPrecision(digits));
    if (Math.fround(decimal) === value) return decimal;
  }
  return value;
}

function show(value: GgufValue | undefined): string {
  if (value === undefined) return 'nothing';
  const items = typeof value === 'object' ? Array.from<string | number | boolean>(value).slice(0, 16) : value;
  const json = JSON.stringify(items);
  return json.length > 60 ? `${json.slice(0, 57)}…` : json;
}
