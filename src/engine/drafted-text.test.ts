import fc from 'fast-check';
import { expect, it } from 'vitest';
import { DraftedText } from './drafted-text';

it('the ranges that go out mark the characters that drafted tokens brought in, however the text is cut', () => {
  const tokens = fc.array(fc.tuple(fc.nat(4), fc.boolean()), { maxLength: 30 });
  fc.assert(
    fc.property(tokens, fc.array(fc.nat(5), { maxLength: 60 }), (brought, cuts) => {
      const expected = brought.flatMap(([characters, drafted]) => Array.from({ length: characters }, () => drafted));
      const text = new DraftedText();
      const marked: boolean[] = [];
      let waiting = 0;
      const take = (characters: number) => {
        const flags = Array.from({ length: characters }, () => false);
        for (const [start, end] of text.take(characters)) flags.fill(true, start, end);
        marked.push(...flags);
        waiting -= characters;
      };
      brought.forEach(([characters, drafted], i) => {
        text.push(characters, drafted);
        waiting += characters;
        take(Math.min(waiting, cuts[i] ?? 0));
      });
      take(waiting);
      expect(marked).toEqual(expected);
    }),
  );
});

it('ranges that touch are one, and none is empty', () => {
  const text = new DraftedText();
  for (const [characters, drafted] of [
    [2, true],
    [0, false],
    [3, true],
    [1, false],
    [0, true],
  ] as const)
    text.push(characters, drafted);
  expect(text.take(6)).toEqual([[0, 5]]);
  expect(text.take(0)).toEqual([]);
});
