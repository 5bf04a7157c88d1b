import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ReasoningSplitter } from './reasoning';

function split(pieces: string[], opened = false) {
  const splitter = new ReasoningSplitter(opened);
  const all = [...pieces.map((piece) => splitter.push(piece)), splitter.flush()];
  return {
    reasoning: all.map(({ reasoning }) => reasoning).join(''),
    content: all.map(({ content }) => content).join(''),
  };
}

describe('taking the thinking apart', () => {
  it.each([
    ['<think>A dog?</think>A dog.', { reasoning: 'A dog?', content: 'A dog.' }],
    ['\n<think>\nA dog?\n</think>\n\nA dog.\n', { reasoning: 'A dog?', content: 'A dog.\n' }],
    ['<think>\n\n</think>\n\nA dog.', { reasoning: '', content: 'A dog.' }],
    ['<think>Cut off', { reasoning: 'Cut off', content: '' }],
    ['<think>Cut off </thi', { reasoning: 'Cut off </thi', content: '' }],
    ['Write <think>this</think>.', { reasoning: '', content: 'Write <think>this</think>.' }],
    [' No tags', { reasoning: '', content: ' No tags' }],
    ['<thin ice', { reasoning: '', content: '<thin ice' }],
    ['<thin', { reasoning: '', content: '<thin' }],
    ['<think>a<b</think>c</think>d', { reasoning: 'a<b', content: 'c</think>d' }],
    ['', { reasoning: '', content: '' }],
  ])('%j', (text, expected) => {
    expect(split([text])).toEqual(expected);
    expect(split(Array.from(text))).toEqual(expected);
  });

  it.each([
    ['\nA dog?</think>\nA dog.', { reasoning: 'A dog?', content: 'A dog.' }],
    ['<think>A dog?</think>A dog.', { reasoning: 'A dog?', content: 'A dog.' }],
    ['Never ended', { reasoning: 'Never ended', content: '' }],
  ])('with the tag in the prompt: %j', (text, expected) => {
    expect(split([text], true)).toEqual(expected);
    expect(split(Array.from(text), true)).toEqual(expected);
  });

  it('does not depend on how the text is cut', () => {
    const part = fc.constantFrom('<think>', '</think>', '<', '</', 'think>', ' ', '\n', 'dog', '<think', 'k>');
    const text = fc.array(part, { maxLength: 12 }).map((parts) => parts.join(''));
    fc.assert(
      fc.property(text, fc.boolean(), fc.array(fc.nat(40), { maxLength: 6 }), (whole, opened, cuts) => {
        const at = [0, ...cuts.map((cut) => Math.min(cut, whole.length)).toSorted((a, b) => a - b), whole.length];
        const pieces = at.slice(1).map((end, i) => whole.slice(at[i], end));
        expect(split(pieces, opened)).toEqual(split([whole], opened));
      }),
    );
  });

  it('gives what is sure at once', () => {
    const splitter = new ReasoningSplitter(false);
    expect(splitter.push('<think>A dog')).toEqual({ reasoning: 'A dog', content: '' });
    expect(splitter.isReasoning).toBe(true);
    expect(splitter.push('? </')).toEqual({ reasoning: '?', content: '' });
    expect(splitter.push('think> A')).toEqual({ reasoning: '', content: 'A' });
    expect(splitter.isReasoning).toBe(false);
    expect(splitter.push(' dog.')).toEqual({ reasoning: '', content: ' dog.' });
  });
});
