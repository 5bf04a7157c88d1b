import { describe, expect, it } from 'vitest';
import { promptOf, withAttachments } from './prompt';

const user = (content: string) => ({ role: 'user' as const, content });
const assistant = (content: string) => ({ role: 'assistant' as const, content });
const file = (name: string, text: string) => ({ id: name, name, mediaType: 'text/plain', text });

describe('promptOf', () => {
  it('puts a system prompt first, if there is one', () => {
    expect(promptOf(' Be brief. ', [user('Hello')])[0]).toEqual({ role: 'system', content: 'Be brief.' });
    expect(promptOf(' \n', [user('Hello')])).toEqual([user('Hello')]);
  });

  it('joins what one speaker says in a row', () => {
    expect(promptOf('', [user('Hello'), user('Are you there?'), assistant('Yes.'), user('Good.')])).toEqual([
      user('Hello\n\nAre you there?'),
      assistant('Yes.'),
      user('Good.'),
    ]);
  });

  it('leaves out earlier thoughts, but not those of an answer that goes on', () => {
    const thinking = assistant('<think>Hm.</think>\n\nYes');
    expect(promptOf('', [user('So?'), thinking])[1]).toEqual(assistant('Yes'));
    expect(promptOf('', [user('So?'), thinking], true)[1]).toEqual(thinking);
  });

  it('changes nothing of what it is given', () => {
    const said = [user('Hello'), user('you')];
    promptOf('', said);
    expect(said).toEqual([user('Hello'), user('you')]);
  });
});

describe('withAttachments', () => {
  it('puts files before the words, each in a fence longer than any in it', () => {
    expect(withAttachments('What is this?', [file('a.txt', 'one\n'), file('b.md', '````\ncode\n````')])).toBe(
      'a.txt:\n```\none\n```\n\nb.md:\n`````\n````\ncode\n````\n`````\n\nWhat is this?',
    );
  });

  it('needs no words', () => {
    expect(withAttachments('', [file('a.txt', 'one')])).toBe('a.txt:\n```\none\n```');
  });
});
