import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ChatMessage } from '../text/chat-template';
import { fitChat } from './context-policy';

/** As many tokens as characters. */
const encode = (messages: ChatMessage[]) => messages.flatMap(({ content }) => Array.from(content, () => 0));

const say = (role: ChatMessage['role'], content: string): ChatMessage => ({ role, content });
const chat = [
  say('system', 'ss'),
  say('user', 'one'),
  say('assistant', 'first'),
  say('user', 'two'),
  say('assistant', 'second'),
  say('user', 'three'),
];
const contents = (messages: readonly ChatMessage[]) => messages.map(({ content }) => content);

describe('fitting a chat', () => {
  it('leaves a chat that fits as it is', () => {
    expect(fitChat(chat, encode, 24)).toEqual({ messages: chat, promptIds: encode(chat), dropped: 0 });
  });

  it('drops whole turns from the oldest on, and keeps the system message', () => {
    const fitted = fitChat(chat, encode, 23);
    expect(contents(fitted.messages)).toEqual(['ss', 'two', 'second', 'three']);
    expect(fitted.dropped).toBe(2);
    expect(fitted.promptIds).toHaveLength(16);
    expect(contents(fitChat(chat, encode, 15).messages)).toEqual(['ss', 'three']);
  });

  it('keeps the last turn, even where it does not fit, and the answer in it', () => {
    expect(contents(fitChat(chat, encode, 1).messages)).toEqual(['ss', 'three']);
    const answered = [...chat, say('assistant', 'third')];
    expect(contents(fitChat(answered, encode, 1).messages)).toEqual(['ss', 'three', 'third']);
    expect(fitChat([say('user', 'alone')], encode, 1).dropped).toBe(0);
    expect(fitChat([say('system', 'alone')], encode, 1).dropped).toBe(0);
    expect(fitChat([], encode, 0).dropped).toBe(0);
  });

  it('drops as few turns as it can, and asks for few renderings', () => {
    const turn = fc.tuple(fc.string({ maxLength: 9 }), fc.string({ maxLength: 9 }));
    fc.assert(
      fc.property(fc.array(turn, { minLength: 1, maxLength: 40 }), fc.nat(300), (turns, room) => {
        const messages = turns.flatMap(([asked, answered]) => [say('user', asked), say('assistant', answered)]);
        let renderings = 0;
        const fitted = fitChat(messages, (kept) => (renderings++, encode(kept)), room);
        const candidates = turns.map((_, i) => messages.slice(2 * i));
        const expected = candidates.find((kept) => encode(kept).length <= room) ?? candidates.at(-1)!;
        expect(fitted.messages).toEqual(expected);
        expect(renderings).toBeLessThanOrEqual(2 + Math.ceil(Math.log2(turns.length)));
      }),
    );
  });
});
