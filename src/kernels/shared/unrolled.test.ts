import { expect, it } from 'vitest';
import { unrolled } from './unrolled';

it('writes out the loops that are marked, also one within another, and leaves the rest', () => {
  const text = [
    'for (var i = 0u; i < N; i++) {  // unrolled',
    '  sums[i] = 0.0;',
    '  for (var j = 0u; j < M; j++) {  // unrolled',
    '    sums[i] += at(i, j, index);',
    '  }  // unrolled',
    '}  // unrolled',
    'for (var k = 0u; k < N; k++) {',
    '}',
    '',
  ].join('\n');
  expect(unrolled(text, { N: 2, M: 1 }).split('\n')).toEqual([
    '{',
    '  sums[0u] = 0.0;',
    '  {',
    '    sums[0u] += at(0u, 0u, index);',
    '  }',
    '}',
    '{',
    '  sums[1u] = 0.0;',
    '  {',
    '    sums[1u] += at(1u, 0u, index);',
    '  }',
    '}',
    'for (var k = 0u; k < N; k++) {',
    '}',
    '',
  ]);
});
