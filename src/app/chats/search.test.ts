import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fold, foldWithPlaces } from './fold';
import { SearchIndex, snippetOf, wordsOf } from './search';
import { emptyChat, type Chat } from './types';

const chat = (id: string, title: string): Chat => ({ ...emptyChat(id, 0), title });

function indexOf(texts: Record<string, string[]>): SearchIndex {
  const index = new SearchIndex();
  for (const [chatId, contents] of Object.entries(texts))
    for (const [at, content] of contents.entries()) index.put({ id: `${chatId}${at}`, chatId, content });
  return index;
}

describe('folding', () => {
  it.each([
    ['Über ÄÖÜ', 'uber aou'],
    ['Straße', 'strasse'],
    ['İstanbul ılık', 'istanbul ilik'],
    ['ΣΊΣΥΦΟΣ', 'σισυφοσ'],
    ['Ærø Łódź', 'aero lodz'],
    ['ﬁne Ｆull', 'fine full'],
    ['שָׁלוֹם', 'שלום'],
    ['が is not か', 'が is not か'.normalize('NFKD')],
    ['हिन्दी', 'हिन्दी'],
  ])('of %j is %j', (text, folded) => {
    expect(fold(text)).toBe(folded);
  });

  it('knows the place of each folded letter', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('a', 'É', 'ß', 'ﬁ', 'e\u0301', '😀', ' ', 'Σ', '한') }), (text) => {
        const { folded, places } = foldWithPlaces(text);
        expect(folded).toBe(fold(text));
        expect(places).toHaveLength(folded.length);
        for (const [index, place] of places.entries()) {
          expect(place).toBeGreaterThanOrEqual(places[index - 1] ?? 0);
          const character = String.fromCodePoint(text.codePointAt(place) ?? 0);
          expect(fold(character)).toContain(folded.charAt(index));
        }
      }),
    );
  });
});

describe('searching', () => {
  const chats = [chat('a', 'A dog story'), chat('b', 'Recipes'), chat('c', ''), chat('d', 'Weather')];
  const index = indexOf({
    a: ['Tell me a story', 'Once there was a dog'],
    b: ['Crème brûlée without a burner', 'Take sugar'],
    c: ['The sugar dog', 'brulee of the day'],
  });
  const found = async (query: string) =>
    (await index.search(query, chats)).map(({ chatId, messageId }) => messageId ?? chatId);

  it('finds words in titles and texts whatever their case and accents, also within words', async () => {
    expect(await found('WEATH')).toEqual(['d']);
    expect(await found('brulee')).toEqual(['b0', 'c1']);
    expect(await found('brûlée')).toEqual(['b0', 'c1']);
    expect(await found('urn')).toEqual(['b0']);
  });

  it('wants all words, in title and messages together', async () => {
    expect(await found('dog')).toEqual(['a', 'c0']);
    expect(await found('sugar brulee')).toEqual(['b0', 'c0']);
    expect(await found('recipes sugar')).toEqual(['b']);
    expect(await found('dog weather')).toEqual([]);
  });

  it('has the title first, then one message with all the words, then the rest', async () => {
    expect(await found('dog sugar')).toEqual(['c0']);
    const ranked = indexOf({ x: ['one', 'two'], y: ['one and two'], z: [] });
    const titles = [chat('x', ''), chat('y', ''), chat('z', 'One two')];
    const hits = await ranked.search('one two', titles);
    expect(hits.map(({ chatId }) => chatId)).toEqual(['z', 'y', 'x']);
  });

  it('finds nothing for blanks, nor what has been removed or belongs to no listed chat', async () => {
    expect(await found('  ')).toEqual([]);
    const shrinking = indexOf({ a: ['word'] });
    shrinking.remove('a', 'a0');
    expect(await shrinking.search('word', chats)).toEqual([]);
    expect(await indexOf({ deleted: ['word'] }).search('word', chats)).toEqual([]);
  });

  it('tells which server elsewhere wrote what was found', async () => {
    const mixed = new SearchIndex();
    mixed.put({ id: 'a0', chatId: 'a', content: 'sugar', host: 'example.org' });
    mixed.put({ id: 'b0', chatId: 'b', content: 'sugar' });
    const hits = await mixed.search('sugar', chats);
    expect(hits.map(({ messageId, host }) => [messageId, host])).toEqual([
      ['a0', 'example.org'],
      ['b0', undefined],
    ]);
  });

  it('shows the place found with all its marks', () => {
    const text = `${'before '.repeat(30)}the Crème brûlée is ready${' after'.repeat(40)}`;
    const { text: piece, marks, cutBefore, cutAfter } = snippetOf(text, wordsOf('BRULEE creme'));
    expect(marks.map(({ start, end }) => piece.slice(start, end))).toEqual(['Crème', 'brûlée']);
    expect({ cutBefore, cutAfter }).toEqual({ cutBefore: true, cutAfter: true });
    expect(piece.length).toBeLessThan(150);
    expect(piece).toMatch(/^before/);
  });

  it('marks words with decomposed accents whole, and touching ones as one', () => {
    const { text, marks } = snippetOf('cafe\u0301 ole', ['cafe', 'fe']);
    expect(marks.map(({ start, end }) => text.slice(start, end))).toEqual(['cafe\u0301']);
  });

  it('has the word in the snippet wherever it is in the text', () => {
    const filler = fc.string({ unit: fc.constantFrom('x', 'ß', '😀', ' ', 'ﬁ', 'é', '\n'), maxLength: 300 });
    fc.assert(
      fc.property(filler, filler, (before, after) => {
        const { text, marks } = snippetOf(`${before} Nadel ${after}`, ['nadel']);
        expect(marks.map(({ start, end }) => text.slice(start, end))).toContain('Nadel');
        expect(text.isWellFormed()).toBe(true);
      }),
    );
  });
});
