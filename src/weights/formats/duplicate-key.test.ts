import fc from 'fast-check';
import { expect, it } from 'vitest';
import { findDuplicateKey } from './duplicate-key';

it.each([
  ['{"a":1,"b":2,"a":3}', 'a'],
  ['{"a":{"x":1,"x":2}}', 'x'],
  [String.raw`{"a\"b" : 1, "a\u0022b":2}`, 'a"b'],
  ['[{"a":1},{"a":2}]', null],
  ['{"a":{"a":{"a":["a","a"]}}}', null],
  ['{"a":"b\\"c\\":","b":"{\\"a\\":1}"}', null],
])('%s has twice: %s', (json, key) => {
  expect(findDuplicateKey(json)).toBe(key);
});

it('finds none in what JSON.stringify writes, and any that is put there', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue(), { minKeys: 1 }), fc.nat(), (object, pick) => {
      const json = JSON.stringify(object);
      expect(findDuplicateKey(json)).toBeNull();
      const keys = Object.keys(object);
      const key = keys[pick % keys.length]!;
      expect(findDuplicateKey(`${json.slice(0, -1)},${JSON.stringify(key)}:0}`)).toBe(key);
    }),
  );
});

it('takes a string of many megabytes', () => {
  expect(findDuplicateKey(JSON.stringify({ a: '\\"x'.repeat(5e6), b: 1 }))).toBeNull();
});
