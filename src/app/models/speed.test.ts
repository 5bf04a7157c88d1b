import { expect, it } from 'vitest';
import type { ReadingSpeed } from '../../client';
import { readSpeeds, SPEEDS_KEY, tokensPerSecond, writeSpeeds } from './speed';

const context = (contextLength: number, readBytes: number) => ({
  contextLength,
  readBytes,
  bytes: 0,
  largestBufferBytes: 0,
});
const model = {
  readBytes: { int4: 3e9, int8: 1e9, float: 1e9 },
  layers: 10,
  contexts: [context(256, 0), context(1024, 1e9)],
};
const device: ReadingSpeed = { bytesPerSecond: { int4: 3e9, int8: 2e9, float: 4e9 }, dispatchSeconds: 0 };

it('a token takes as long as everything it reads, each kind at its own speed', () => {
  expect(tokensPerSecond(model, 256, device)).toBeCloseTo(1 / (1 + 0.5 + 0.25), 9);
  expect(tokensPerSecond(model, 1024, device)).toBeCloseTo(1 / (1 + 0.5 + 0.5), 9); // keys and values are read too
  expect(tokensPerSecond(model, 300, device)).toBe(tokensPerSecond(model, 1024, device));
});

it('a small model is held up by its dispatches', () => {
  const small = { ...model, readBytes: { int4: 0, int8: 0, float: 0 } };
  const slow = tokensPerSecond(small, 256, { ...device, dispatchSeconds: 1e-3 });
  expect(slow).toBeCloseTo(1 / ((10 * 8 + 20) * 1e-3), 9);
});

it('of a model that nothing is known of there is none', () => {
  expect(tokensPerSecond({ ...model, contexts: [] }, 256, device)).toBeNull();
});

it('what was measured comes back, and nonsense does not', () => {
  let text = '';
  writeSpeeds({ setItem: (_, value) => (text = value) }, { 'some adapter': device });
  const stored = (value: string) => ({ getItem: (key: string) => (key === SPEEDS_KEY ? value : null) });
  expect(readSpeeds(stored(text))).toEqual({ 'some adapter': device });
  expect(readSpeeds(stored(text.replace('3000000000', '0')))).toEqual({});
  expect(readSpeeds(stored('{"a":1}'))).toEqual({});
});
