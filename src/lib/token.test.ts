import { expect, it } from 'vitest';
import { readToken } from './token';

it('is read without the white space around it', () => {
  expect([' hf_abc\n', '', '  ', null].map(readToken)).toEqual(['hf_abc', null, null, null]);
});

it.each(['hf_abc…', 'hf abc', 'hf_abc\nX-Other: 1', 'schlüssel'])('is refused as %j', (text) => {
  expect(() => readToken(text)).toThrow(expect.objectContaining({ code: 'bad-request' }));
});
