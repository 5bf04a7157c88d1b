import { compileMessageOrThrow } from '@lingui/message-utils/compileMessage';
import { beforeEach, describe, expect, it } from 'vitest';
import { catalog } from '../../catalog/catalog';
import german from './de';
import { chooseLanguage, flatten, languages, locale, speak } from './language';
import { wordsOf, type Catalogue } from './words';

const rooms = import.meta.glob<Catalogue>('./en/*.ts', { eager: true });
const flatEnglish = flatten(Object.assign({}, ...Object.values(rooms)));
const flatGerman = flatten(german);

type Tokens = ReturnType<typeof compileMessageOrThrow>;

/** Placeholders of a text as [name, kind, forms of a plural], nested ones too. */
function placeholdersOf(tokens: Tokens): { name: string; kind: string; forms: string[] }[] {
  if (typeof tokens === 'string') return [];
  return tokens.flatMap((token) => {
    if (typeof token === 'string') return [];
    const [name, kind = '', cases] = token;
    const forms = typeof cases === 'object' ? Object.entries(cases as Record<string, Tokens>) : [];
    return [
      { name, kind, forms: forms.map(([form]) => form).filter((form) => form !== 'offset') },
      ...forms.flatMap(([, tokens]) => (Array.isArray(tokens) ? placeholdersOf(tokens) : [])),
    ];
  });
}

const signature = (text: string) =>
  [...new Set(placeholdersOf(compileMessageOrThrow(text)).map(({ name, kind }) => `${name} ${kind}`))].sort();

describe('the catalogues', () => {
  it('have the same sentences', () => {
    expect(Object.keys(flatGerman).sort()).toEqual(Object.keys(flatEnglish).sort());
  });

  it.each(Object.keys(flatEnglish))('%s has the same placeholders in every language', (name) => {
    expect(signature(flatGerman[name] ?? '')).toEqual(signature(flatEnglish[name] ?? ''));
  });

  it.each(catalog)('have the sentences about $id in every language', ({ translations }) => {
    expect(Object.keys(translations)).toEqual(Object.keys(languages).filter((language) => language !== 'en'));
    for (const { goodFor, caution } of Object.values(translations)) expect([goodFor, caution]).not.toContain('');
  });

  it('keep to the rules of writing', () => {
    const all = [...Object.entries(flatEnglish), ...Object.entries(flatGerman)];
    expect(all.filter(([, text]) => text.trim() === '' || text.includes("'"))).toEqual([]);
    expect(all.filter(([, text]) => /(one|other) \{/.test(text))).toEqual([]);
  });

  it.each([
    ['en', flatEnglish],
    ['de', flatGerman],
  ])('have all plural forms of their language and no others: %s', (language, flat) => {
    const expected = new Intl.PluralRules(language).resolvedOptions().pluralCategories.sort().join();
    const wrong = Object.entries(flat).filter(([, text]) =>
      placeholdersOf(compileMessageOrThrow(text)).some(({ kind, forms }) => {
        const named = forms.filter((form) => !/^\d/.test(form)).sort();
        return kind === 'plural' && named.join() !== expected;
      }),
    );
    expect(wrong).toEqual([]);
  });
});

describe('words', () => {
  const words = wordsOf('frame', {
    reload: 'Reload the page',
    title: '{screen} – Hearth',
    deep: { tokens: 'Read {tokens, plural, one{# token} other{# tokens}} of {total, number}' },
  });

  beforeEach(() => speak('en'));

  it('are texts, or functions of what is to be put in', () => {
    expect(words.reload).toBe('Reload the page');
    expect(words.title({ screen: 'Chat' })).toBe('Chat – Hearth');
    expect(words.deep.tokens({ tokens: 1, total: 12_000 })).toBe('Read 1 token of 12,000');
    expect(words.deep.tokens({ tokens: 2000, total: 3 })).toBe('Read 2,000 tokens of 3');
  });

  it('are checked by the type checker', () => {
    // @ts-expect-error -- a placeholder is missing
    words.deep.tokens({ tokens: 1 });
    // @ts-expect-error -- counted things are numbers
    words.deep.tokens({ tokens: 'one', total: 1 });
    // @ts-expect-error -- there is no such placeholder
    words.title({ screen: 'Chat', other: 1 });
    expect(typeof words.title).toBe('function');
  });

  it('change with the language, and fall back to English', async () => {
    await speak('de');
    expect(locale()).toBe('de');
    expect(words.reload).toBe('Seite neu laden');
    expect(words.title({ screen: 'Chat' })).toBe('Chat – Hearth');
    expect(words.deep.tokens({ tokens: 2000, total: 3 })).toBe('Read 2.000 tokens of 3');
  });

  it('leave braces of what is put in alone', () => {
    expect(words.title({ screen: '{screen}' })).toBe('{screen} – Hearth');
  });
});

it('the first language that a person has and we speak is taken', () => {
  expect(chooseLanguage(['fr-FR', 'de-AT', 'en'])).toBe('de');
  expect(chooseLanguage(['fr'])).toBe('en');
  expect(chooseLanguage([])).toBe('en');
  expect(chooseLanguage(['toString'])).toBe('en');
});
