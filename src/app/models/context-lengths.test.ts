import { expect, it } from 'vitest';
import { CONTEXTS_KEY, readContextLengths, writeContextLengths } from './context-lengths';

const stored = (text: string) => ({ getItem: (key: string) => (key === CONTEXTS_KEY ? text : null) });

it('come back as they were written', () => {
  let text = '';
  writeContextLengths({ setItem: (_, value) => (text = value) }, { tales: 512 });
  expect(readContextLengths(stored(text))).toEqual({ tales: 512 });
});

it.each(['', 'null', '{"tales":0}', '{"tales":"512"}', '{"tales":1.5}', '{'])('are empty for %j', (text) => {
  expect(readContextLengths(stored(text))).toEqual({});
});

it('hold without a storage, and a full one is no error', () => {
  expect(readContextLengths(null)).toEqual({});
  const full = () => {
    throw new DOMException('full', 'QuotaExceededError');
  };
  expect(() => writeContextLengths({ setItem: full }, { tales: 512 })).not.toThrow();
});
