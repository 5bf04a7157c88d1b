/**
 * The direction of writing. Code shows every character that would turn it: what one reads is what will run. What holds several
 * pieces of text is laid out from the side on which its first word begins.
 */
import type { ReactNode } from 'react';
import { textOf } from './text-of';

const FIRST_LETTER = /\p{L}/u;
const RIGHT_TO_LEFT = /[\u0590-\u08FF\uFB1D-\uFDFF\uFE70-\uFEFC\u{10800}-\u{10FFF}\u{1E800}-\u{1EFFF}]/u;

/** For boxes: `dir="auto"` looks past whatever inside has a direction of its own, and then a box has none. */
export function directionOf(children: ReactNode): 'ltr' | 'rtl' {
  const [letter = ''] = FIRST_LETTER.exec(textOf(children)) ?? [];
  return RIGHT_TO_LEFT.test(letter) ? 'rtl' : 'ltr';
}

const CONTROLS = /([\u061C\u200E\u200F\u202A-\u202E\u2066-\u2069])/;

export function visibleControls(text: string): ReactNode {
  if (!CONTROLS.test(text)) return text;
  return text.split(CONTROLS).map((part, index) => {
    if (index % 2 === 0) return part;
    const name = `U+${(part.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`;
    return (
      // oxlint-disable-next-line react/no-array-index-key -- parts of one string never move
      <span key={index} className="md-control">
        {name}
      </span>
    );
  });
}
