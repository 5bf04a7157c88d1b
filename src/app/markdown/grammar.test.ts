import { describe, expect, it } from 'vitest';
import { plainText } from './plain-text';
import { parseMarkdown } from './grammar';
import type { MathNode } from './math-syntax';
import type { Nodes } from 'mdast';

function formulas(text: string): string[] {
  const found: string[] = [];
  const walk = (node: Nodes | MathNode): void => {
    if (node.type === 'math') found.push(`${node.data.hProperties.display ? 'display' : 'inline'} ${node.value}`);
    if ('children' in node) for (const child of node.children) walk(child);
  };
  walk(parseMarkdown(text));
  return found;
}

describe('formulas', () => {
  it.each([
    ['$x$ and \\(y\\)', ['inline x', 'inline y']],
    ['$$x$$ and \\[y\\]', ['display x', 'display y']],
    ['$$\na\n- b\n+ c\n$$', ['display a\n- b\n+ c']],
    ['- a\n  \\[\n  x\n  \\]', ['display x']],
    ['> $$\n> x\n> $$', ['display x']],
    ['$a + b$, $\\alpha$.', ['inline a + b', 'inline \\alpha']],
    ['$\\$5$', ['inline \\$5']],
  ])('are found in %j', (text, expected) => {
    expect(formulas(text)).toEqual(expected);
  });

  it.each([
    'It costs $5 and $10.',
    'US$5-$10, CA$7 (or US$5)',
    '$HOME and $PATH, $HOME/$USER',
    '$5, not 10$',
    '$ x $',
    'a$x$',
    '`$x$` and \\$x\\$',
    '```\n$$x$$\n```',
    '$$\na\n\nb\n$$',
    '$$\n```\n$$\n```',
    '$$$$ \\(\\) \\[ \\]',
    '\\\\(x\\\\)',
  ])('are not seen in %j', (text) => {
    expect(formulas(text)).toEqual([]);
  });
});

describe('plainText', () => {
  it('keeps the words and their order', () => {
    const markdown =
      '<think>hm</think># Title\n\nSome **bold** `code` [link](http://a.org) <b>tag</b>\nline\n\n3. one\n   - two\n4. three\n\n' +
      '- [x] done\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n> q\n\n```js\nx;\n```\n\n$x^2$ ![a cat](http://a.org) \u202Eabc\u202C';
    expect(plainText(markdown)).toBe(
      'Title\n\nSome bold code link <b>tag</b>\nline\n\n3. one\n  - two\n4. three\n\n- [x] done\n\na\tb\n1\t2\n\nq\n\nx;\n\n' +
        'x^2 a cat \u202Eabc\u202C',
    );
  });
});
