import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TITLE_MAX_CHARACTERS, titleOf } from './title';

const length = (text: string) => [...new Intl.Segmenter().segment(text)].length;

describe('the title of a chat', () => {
  it.each([
    ['Tell me a story about a dog. It should be sad.', 'Tell me a story about a dog'],
    ['What is a fjord? I have never seen one.', 'What is a fjord?'],
    ['  # Plan\n\n- **first** `step`\n', 'Plan first step'],
    ['Use e.g. Dr. Who as a model. Then stop.', 'Use e.g. Dr. Who as a model'],
    ['Version 3.14 is out. Why?', 'Version 3.14 is out'],
    ['Compare the [first link](https://example.com) with it', 'Compare the first link with it'],
    ['今日は天気がいいですね。散歩に行きましょう。', '今日は天気がいいですね'],
    ['```js\nlet a = 1;\n```', 'let a = 1'],
    ['snake_case_name stays', 'snake_case_name stays'],
    [
      'Please explain to me how the tides of the sea come and go every day',
      'Please explain to me how the tides of the sea…',
    ],
  ])('of %j is %j', (text, title) => {
    expect(titleOf(text)).toBe(title);
  });

  it('cuts a line without blanks where it is full', () => {
    expect(titleOf('x'.repeat(80))).toBe(`${'x'.repeat(TITLE_MAX_CHARACTERS - 1)}…`);
  });

  it('is the name of the attachment when nothing was said, and nothing when there is nothing', () => {
    expect(titleOf(' ', [{ id: 'a', name: 'notes.txt', mediaType: 'text/plain', text: '' }])).toBe('notes.txt');
    expect(titleOf('')).toBe('');
  });

  it('is one line of at most 48 characters, and never cuts a character', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 200 }), (text) => {
        const title = titleOf(text);
        expect(length(title)).toBeLessThanOrEqual(TITLE_MAX_CHARACTERS);
        expect(title).not.toMatch(/[\n\r\t]|^\s|\s$/);
        expect(title.isWellFormed()).toBe(true);
      }),
    );
  });
});
