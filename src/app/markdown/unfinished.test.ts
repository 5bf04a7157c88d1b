import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { presentable, presentableCode } from './unfinished';
import { randomMarkdown } from './testing/random-markdown';

const shown = (source: string) => presentable(source).source;

describe('presentable', () => {
  it.each([
    ['a **bo', 'a **bo**'],
    ['a **bold*', 'a **bold**'],
    ['a **bold**', 'a **bold**'],
    ['***x', '***x***'],
    ['*a **b', '*a **b***'],
    ['2 * 3', '2 * 3'],
    ['snake_case', 'snake_case'],
    ['`co**de', '`co**de`'],
    ['a ~~b', 'a ~~b~~'],
    ['a \\*b', 'a \\*b'],
    ['see [the docs](https://exa', 'see the docs'],
    ['see [the docs](https://exa.org)', 'see [the docs](https://exa.org)'],
    ['see ![a c', 'see '],
    ['see ![a cat](https://exa', 'see '],
  ])('closes what is open: %j', (source, expected) => {
    expect(shown(source)).toBe(expected);
  });

  it.each(['-', '1', '1.', '#', '##', '```', '```py', '|', '| a | b', '| a | b |\n|--', '=', '>', '- [x'])(
    'holds back an end that may become anything: %j',
    (end) => {
      expect(shown(`text\n${end}`).trim()).toBe('text');
    },
  );

  it('shows a table as soon as it is one', () => {
    expect(shown('| a |\n|---|\n| b')).toBe('| a |\n|---|\n| b');
  });

  it('closes formulas and says so', () => {
    expect(presentable('so $$a *b')).toEqual({ source: 'so $$a *b$$', formulaPending: true });
    expect(presentable('so \\[a')).toEqual({ source: 'so \\[a\\]', formulaPending: true });
    expect(presentable('so \\[a\\] b')).toEqual({ source: 'so \\[a\\] b', formulaPending: false });
  });

  it('touches nothing in a fence within a list', () => {
    expect(shown('- x\n\n  ```\n\n  a **b')).toBe('- x\n\n  ```\n\n  a **b');
  });

  it('changes nothing before the last paragraph', () => {
    fc.assert(
      fc.property(randomMarkdown(), (text) => {
        const settled = text.slice(0, text.lastIndexOf('\n\n') + 1);
        expect(shown(text).slice(0, settled.length)).toBe(settled);
      }),
    );
  });
});

it('presentableCode leaves out the beginning of a closing fence', () => {
  expect(presentableCode('```\na\n``')).toBe('```\na');
  expect(presentableCode('```\na `b`')).toBe('```\na `b`');
});
