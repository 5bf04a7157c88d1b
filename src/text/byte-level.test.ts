import { expect, it } from 'vitest';
import { byteLevelBytes, byteLevelText } from './byte-level';

it('spells every byte with a character of its own, and reads it again', () => {
  const bytes = Uint8Array.from({ length: 256 }, (_, byte) => byte);
  const text = byteLevelText(bytes);
  expect(new Set(text).size).toBe(256);
  expect(byteLevelBytes(text)).toEqual(bytes);
  expect(byteLevelText(new TextEncoder().encode(' dog\n'))).toBe('ĠdogĊ');
});

it('reads nothing that is not written in the table', () => {
  expect(byteLevelBytes('a b')).toBeNull();
  expect(byteLevelBytes('▁dog')).toBeNull();
});
