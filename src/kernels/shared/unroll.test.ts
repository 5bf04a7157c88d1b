import { expect, it } from 'vitest';
import { unroll } from './unroll';

it('repeats a line for each number of its names, the first of the counts turning slowest', () => {
  expect(unroll('var a{o} = 0.0;\nreturn;', { o: 3 })).toBe('var a0 = 0.0;\nvar a1 = 0.0;\nvar a2 = 0.0;\nreturn;');
  expect(unroll('s{o}_{r};', { r: 2, o: 2 })).toBe('s0_0;\ns1_0;\ns0_1;\ns1_1;');
  expect(unroll('s{o}_{r};', { o: 2, r: 2 })).toBe('s0_0;\ns0_1;\ns1_0;\ns1_1;');
});

it('repeats a block with the line that opens it, and what stands in blocks by itself', () => {
  const text = ['if (a{o}) {', '  b{o} = c{r};', '}', 'for (;;) {', '  d{r};', '}'].join('\n');
  expect(unroll(text, { o: 2, r: 2 }).split('\n')).toEqual([
    ...['if (a0) {', '  b0 = c0;', '  b0 = c1;', '}'],
    ...['if (a1) {', '  b1 = c0;', '  b1 = c1;', '}'],
    ...['for (;;) {', '  d0;', '  d1;', '}'],
  ]);
});

it('finds the end of a block by its braces, not by indents', () => {
  const text = ['/* {o} */ {', 'if (a) {', 'b{o}_{r};', '} else {', 'c{r};', '}', '}', 'd;'].join('\n');
  expect(unroll(text, { o: 2, r: 1 }).split('\n')).toEqual([
    ...['/* 0 */ {', 'if (a) {', 'b0_0;', '} else {', 'c0;', '}', '}'],
    ...['/* 1 */ {', 'if (a) {', 'b1_0;', '} else {', 'c0;', '}', '}', 'd;'],
  ]);
});
