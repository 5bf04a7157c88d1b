import { describe, expect, test } from 'vitest';
import { listedMerges, mergePairs, scoredMerges, type MergeTable } from './pair-merger';

const vocabularyOf = (...tokens: string[]) => new Map(tokens.map((token, id) => [token, id]));

/** The definition: of all neighbours that merge, the best and leftmost, again and again. */
function mergeByDefinition(word: string, vocabulary: ReadonlyMap<string, number>, merges: MergeTable): string[] {
  const pieces = Array.from(word);
  for (;;) {
    let best: { at: number; rank: number } | null = null;
    let start = 0;
    for (let at = 0; at + 1 < pieces.length; at++) {
      const [left, right] = [pieces[at]!, pieces[at + 1]!];
      const ids = [left, right].map((piece) => vocabulary.get(piece) ?? -1) as [number, number];
      const merge = merges.find(...ids, word, start, start + left.length + right.length);
      if (merge >= 0 && (!best || merges.rank(merge) < best.rank)) best = { at, rank: merges.rank(merge) };
      start += left.length;
    }
    if (!best) return pieces;
    pieces.splice(best.at, 2, pieces[best.at]! + pieces[best.at + 1]!);
  }
}

describe('listed merges', () => {
  const vocabulary = vocabularyOf('a', 'b', 'ab', 'aba', 'ba', '🦙', '🦙a');

  test('the earlier in the list comes first, then the left', () => {
    const merges = listedMerges(vocabulary, [
      ['a', 'b'],
      ['b', 'a'],
      ['ab', 'a'],
      ['🦙', 'a'],
    ]);
    expect(mergePairs('aba', vocabulary, merges)).toEqual(['aba']);
    expect(mergePairs('bab', vocabulary, merges)).toEqual(['b', 'ab']);
    expect(mergePairs('x🦙ab', vocabulary, merges)).toEqual(['x', '🦙', 'ab']);
    expect(mergePairs('', vocabulary, merges)).toEqual([]);
  });

  test('a merge whose result is no token never happens', () => {
    expect(mergePairs('bb', vocabulary, listedMerges(vocabulary, [['b', 'b']]))).toEqual(['b', 'b']);
  });
});

describe('scored merges', () => {
  test('any neighbours whose joint text is a token merge, also where they are none themselves', () => {
    const vocabulary = vocabularyOf('xy', 'a', 'aa', 'aaa');
    expect(mergePairs('xyz', vocabulary, scoredMerges(vocabulary, [0, 0, 0, 0]))).toEqual(['xy', 'z']);
    expect(mergePairs('aaaaa', vocabulary, scoredMerges(vocabulary, [0, 0, 1, 0]))).toEqual(['aa', 'aaa']);
    expect(mergePairs('aaaaa', vocabulary, scoredMerges(vocabulary, [0, 0, 1, 2]))).toEqual(['aaa', 'aa']);
    const short = vocabularyOf('a', 'aa'); // of equals the left one
    expect(mergePairs('aaa', short, scoredMerges(short, [0, 0]))).toEqual(['aa', 'a']);
  });
});

test('random words in random vocabularies come out as defined', () => {
  let state = 7;
  const random = (below: number) => (state = (Math.imul(state, 48_271) >>> 0) % 0x7fffffff) % below;
  for (let round = 0; round < 300; round++) {
    const letters = 'aab▁c'.slice(0, 2 + random(4));
    const text = (length: number) => Array.from({ length }, () => letters[random(letters.length)]).join('');
    const vocabulary = vocabularyOf(
      ...new Set([...Array.from(letters), ...Array.from({ length: 25 }, () => text(2 + random(4)))]),
    );
    const tokens = [...vocabulary.keys()];
    const scores = tokens.map(() => -random(8)); // with many equal ones
    const pairs = tokens.flatMap((token) =>
      Array.from({ length: token.length - 1 }, (_, i) => [token.slice(0, i + 1), token.slice(i + 1)] as const),
    );
    pairs.sort(() => random(3) - 1);
    for (const merges of [scoredMerges(vocabulary, scores), listedMerges(vocabulary, pairs)]) {
      const word = text(random(40));
      expect(mergePairs(word, vocabulary, merges)).toEqual(mergeByDefinition(word, vocabulary, merges));
    }
  }
});
