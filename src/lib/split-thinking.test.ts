import { describe, expect, it } from 'vitest';
import { splitThinking } from './split-thinking';

describe('splitThinking', () => {
  it('parts thoughts from the answer', () => {
    expect(splitThinking('\n<think>\na\n</think>\n\nb')).toEqual({ thought: 'a', thoughtClosed: true, answer: 'b' });
    expect(splitThinking('<think>a')).toEqual({ thought: 'a', thoughtClosed: false, answer: '' });
    expect(splitThinking('a</think>b', true, true)).toEqual({ thought: 'a', thoughtClosed: true, answer: 'b' });
  });

  it('leaves tags later in the text alone', () => {
    const text = 'Write <think>a</think> first.';
    expect(splitThinking(text)).toEqual({ thought: null, thoughtClosed: false, answer: text });
  });

  it('never shows a part of a tag while it arrives', () => {
    const text = '<think>a < b</think>c';
    for (let end = 0; end <= text.length; end++) {
      const { thought, answer } = splitThinking(text.slice(0, end), true);
      expect('a < b'.startsWith(thought ?? '')).toBe(true);
      expect('c'.startsWith(answer)).toBe(true);
    }
    expect(splitThinking('<thi').answer).toBe('<thi'); // it ended there
  });
});
