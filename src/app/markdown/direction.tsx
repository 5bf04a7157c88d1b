/** Code shows every character that would turn the direction of writing: what one reads is what will run. */
import type { ReactNode } from 'react';

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
