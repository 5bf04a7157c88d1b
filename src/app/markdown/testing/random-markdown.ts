/**
 * Markdown as it should not be written: random lines that open, close and contradict each other, for property tests.
 * Definitions stand in paragraphs of their own: elsewhere the splitter only guesses at them.
 */
import fc from 'fast-check';

// prettier-ignore
const pieces = [
  'a', 'word', 'two words', '**b**', '*i*', '**', '`c`', '`', '``', '~~s~~', '[x]', '[y][x]', '[^n]', '![i](http://h/i)',
  '<b>', '<br>', '<!-- -->', '\\[ z \\]', '\\( z \\)', '$z$', '$5', '$$', '$$z$$', '\\[', '\\]', '|', 'a | b', '\\', '&amp;', '\u202E',
  'http://h.org', '#', '=',
];

// prettier-ignore
const starts = [
  '', '', '', '', ' ', '  ', '   ', '    ', '     ', '\t', '- ', '* ', '+ ', '1. ', '2. ', '7) ', '  - ', '   1. ', '    - ',
  '> ', '>', '> - ', '- > ', '# ', '### ', '- [x] ', '| ',
];

// prettier-ignore
const wholes = [
  '', '', '', '', ' ', '\t', '```', '```js', '````', '~~~', ' ```', '  ```', '   ```', '    ```', '- ```', '> ```', '``` x', '---',
  '===', '***', '- - -', '| a | b |', '|---|:-:|', '-|-', '$$', '\\[', '\\]', '\n[x]: http://h/x\n', '\n[^n]: a note\n', '<div>', '</div>',
  '<script>', '-', '1.', '#', '<!--', '$$ z $$', '2.', '-\t```',
];

const line = fc.oneof(
  fc.constantFrom(...wholes),
  fc
    .tuple(fc.constantFrom(...starts), fc.array(fc.constantFrom(...pieces), { minLength: 1, maxLength: 4 }))
    .map(([start, words]) => start + words.join(' ')),
);

/** Up to `maxLines` such lines. */
export const randomMarkdown = (maxLines = 24): fc.Arbitrary<string> =>
  fc.array(line, { minLength: 1, maxLength: maxLines }).map((lines) => lines.join('\n'));

/** A text in the pieces in which it arrives. */
export const inPieces = (text: fc.Arbitrary<string>): fc.Arbitrary<string[]> =>
  text.chain((whole) =>
    fc
      .array(fc.integer({ min: 0, max: whole.length }), { maxLength: 8 })
      .map((cuts) => [0, ...cuts.sort((a, b) => a - b), whole.length])
      .map((at) => at.slice(1).map((end, index) => whole.slice(at[index], end))),
  );
