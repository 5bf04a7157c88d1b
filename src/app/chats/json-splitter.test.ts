import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { JsonSplitter } from './json-splitter';

/** The text in pieces of these lengths, again and again. */
function split(text: string, lengths: readonly number[] = [text.length]) {
  const splitter = new JsonSplitter();
  const elements: string[] = [];
  for (let at = 0, turn = 0; at < text.length; turn++) {
    const length = lengths[turn % lengths.length] ?? 1;
    elements.push(...splitter.push(text.slice(at, at + length)));
    at += length;
  }
  return { elements, ...splitter.end() };
}

const lengths = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 5 });
const indent = fc.constantFrom(0, 1, 3);

describe('a list of JSON', () => {
  it('comes apart into its elements, wherever the pieces are cut', () => {
    fc.assert(
      fc.property(fc.array(fc.jsonValue()), indent, lengths, (list, spaces, cuts) => {
        const { elements, around, unended } = split(JSON.stringify(list, null, spaces), cuts);
        expect(elements.map((element) => JSON.parse(element) as unknown)).toEqual(JSON.parse(JSON.stringify(list)));
        expect([JSON.parse(around), unended]).toEqual([[], '']);
      }),
    );
  });

  it('under "chats" comes apart too, and what is around it stays whole', () => {
    const other = fc.dictionary(
      fc.string().filter((key) => key !== 'chats' && key !== '__proto__'),
      fc.jsonValue(),
    );
    fc.assert(
      fc.property(other, fc.array(fc.jsonValue()), other, indent, lengths, (before, chats, after, spaces, cuts) => {
        const document = { ...before, chats, ...after };
        const { elements, around } = split(JSON.stringify(document, null, spaces), cuts);
        expect(elements.map((element) => JSON.parse(element) as unknown)).toEqual(JSON.parse(JSON.stringify(chats)));
        expect(JSON.parse(around)).toEqual(JSON.parse(JSON.stringify({ ...document, chats: [] })));
      }),
    );
  });

  it('deeper down, or of another name, stays whole', () => {
    for (const text of ['{"a":{"chats":[1,2]}}', '{"cats":[1,2]}', '{"a":"chats","b":[1]}', '"[1,2]"', '7'])
      expect(split(text, [3])).toEqual({ elements: [], around: text, unended: '' });
  });
});

describe('a text that is no JSON', () => {
  /** Whether all parts of it are JSON. */
  function isValid(text: string): boolean {
    const { elements, around, unended } = split(text, [2]);
    try {
      for (const part of [...elements, around, ...(unended === '' ? [] : [unended])]) JSON.parse(part);
      return true;
    } catch {
      return false;
    }
  }

  it.each(['[1,]', '[,1]', '[1 2]', '[1,2', '[{]}]', '[1]]', '1,2', ']', '["a]', '{"chats":[1,{"a":}]}', '[', ''])(
    '%j has a part that is none',
    (text) => expect(isValid(text)).toBe(false),
  );

  it('has such a part exactly when it is none, whatever it is', () => {
    const word = fc.constantFrom('[', ']', '{', '}', ',', ':', '"chats"', '"chats":[', '"a"', '"', '\\', '1', ' ');
    const text = fc.array(word, { maxLength: 12 }).map((words) => words.join(''));
    fc.assert(
      fc.property(text, (candidate) => {
        const parse = () => JSON.parse(candidate) as unknown;
        if (isValid(candidate)) expect(parse).not.toThrow();
        else expect(parse).toThrow(SyntaxError);
      }),
      { numRuns: 3000 },
    );
  });

  it('keeps that, wherever it is cut off', () => {
    const text = JSON.stringify({ format: 'x', chats: [{ a: '\\"' }, [1, '}'], 'b'], settings: {} });
    expect(isValid(text)).toBe(true);
    for (let length = 0; length < text.length; length++)
      expect(isValid(text.slice(0, length)), text.slice(0, length)).toBe(false);
  });
});
