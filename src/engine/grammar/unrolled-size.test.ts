import { expect, it } from 'vitest';
import { unrolledSize } from './unrolled-size';

it.each([
  ['abc', 3],
  ['a{5}', 5],
  ['a{2,7}b', 8],
  ['a{3,}', 3],
  ['[a-z{9}]{4}', 4],
  ['(ab{3}){10}', 40],
  ['((a{1,200}b){1,200}c){1,200}', 200 * (200 * 201 + 1)],
  ['\\{9}', 3],
  ['\\({2}', 2],
  ['"{9}"', 10],
])('of the regular expression %s is %i', (pattern, size) => {
  expect(unrolledSize(pattern, false)).toBe(size);
});

it.each([
  ['"a{9}"', 4],
  ['"ab\\"{3}"{2}', 14],
  ['("(" [a-z]{3} ")"){2}', 14],
  ['r::=x{90}#(', 95],
  [`x{90}[(${'b'.repeat(500)}]`, 592],
])('of the EBNF %s is %i', (ebnf, size) => {
  expect(unrolledSize(ebnf, true)).toBe(size);
});
