/**
 * Text as searching compares it: without case and accents, so that "uber" finds "Über" and "strasse" finds "Straße". Marks
 * that are letters of their own (Japanese voicing, Indic vowels) stay.
 */

/** Accents of Latin, Greek and Cyrillic, points of Hebrew and Arabic. */
const ACCENTS = /[\u0300-\u036f\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u064b-\u065f\u0670]/g;

/** Letters that Unicode does not take apart, though people do. */
const LETTERS: Record<string, string> = { ß: 'ss', æ: 'ae', œ: 'oe', ø: 'o', đ: 'd', ł: 'l', ı: 'i', ς: 'σ' };
const LETTERS_PATTERN = new RegExp(`[${Object.keys(LETTERS).join('')}]`, 'g');

const ASCII_ONLY = /^[\0-\x7f]*$/; // oxlint-disable-line no-control-regex

export function fold(text: string): string {
  const lower = text.toLowerCase();
  if (ASCII_ONLY.test(lower)) return lower;
  return lower
    .normalize('NFKD')
    .replace(ACCENTS, '')
    .replace(LETTERS_PATTERN, (letter) => LETTERS[letter] ?? letter);
}

/** The folded text, and for each of its UTF-16 units the place in the original it comes from. */
export function foldWithPlaces(text: string): { folded: string; places: number[] } {
  let folded = '';
  const places: number[] = [];
  let place = 0;
  for (const character of text) {
    const piece = fold(character);
    folded += piece;
    for (let index = 0; index < piece.length; index++) places.push(place);
    place += character.length;
  }
  return { folded, places };
}
