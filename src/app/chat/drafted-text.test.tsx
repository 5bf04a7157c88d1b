// @vitest-environment happy-dom
import { cleanup, render } from '@testing-library/react';
import { afterEach, expect, it } from 'vitest';
import { DraftedText } from './drafted-text';

afterEach(cleanup);

it.each([
  ['one[, two,] three', [[3, 9]]],
  ['[all of it]', [[0, 9]]],
  [
    '[first] and [last]',
    [
      [0, 5],
      [10, 14],
    ],
  ],
  ['nothing', []],
] as [string, [number, number][]][])('sets apart what the draft guessed: %s', (expected, ranges) => {
  const text = expected.replaceAll(/[[\]]/g, '');
  const { container } = render(<DraftedText text={text} ranges={ranges} />);
  expect(container.textContent).toBe(text);
  for (const mark of container.querySelectorAll('mark')) mark.textContent = `[${mark.textContent}]`;
  expect(container.textContent).toBe(expected);
});
