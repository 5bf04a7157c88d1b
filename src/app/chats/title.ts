/**
 * A chat's title out of its first message, by rule. No model is asked: that would take its turn from the answer and its
 * cache from the conversation.
 */
import type { Attachment } from './types';

/** As many characters as a line of the list shows. */
export const TITLE_MAX_CHARACTERS = 48;

/** The first sentence, cut at a word; with no words at all the name of the first attachment, or "". */
export function titleOf(text: string, attachments: readonly Attachment[] = []): string {
  const words = plainLine(text) || plainLine(attachments[0]?.name ?? '');
  return shorten(firstSentence(words).replace(/[\s.,;:。、]+$/u, ''));
}

/** One line without the marks of Markdown that begin a line or wrap a word. */
function plainLine(text: string): string {
  return text
    .slice(0, 2000) // a pasted book needs no more
    .replace(/^\s*(?:```.*|~~~.*|-{3,}|={3,})$/gm, ' ')
    .replace(/^\s*(?:#{1,6}\s|>\s?|[-*+]\s|\d+[.)]\s)/gm, ' ')
    .replace(/!?\[([^\]]*)\]\([^)]*\)/g, '$1')
    .replace(/[*`]+|\b__|__\b/g, '')
    .replace(/[\s\p{Cc}]+/gu, ' ')
    .trim();
}

/** Up to the first end of a sentence, which a full stop after a short word ("e.g.", "Dr.", "3.") is not. */
function firstSentence(line: string): string {
  for (const { index, 0: end } of line.matchAll(/[.!?…]+["'”’)]*(?=\s)|[。！？]+/gu)) {
    const wordBefore = /[\p{L}\p{N}.]*$/u.exec(line.slice(0, index))?.[0] ?? '';
    if (end === '.' && (wordBefore.length < 3 || wordBefore.includes('.'))) continue;
    return line.slice(0, index + end.length);
  }
  return line;
}

function shorten(line: string): string {
  const characters = [...new Intl.Segmenter().segment(line)].map(({ segment }) => segment);
  if (characters.length <= TITLE_MAX_CHARACTERS) return line;
  const head = characters.slice(0, TITLE_MAX_CHARACTERS - 1).join('');
  const atWord = characters[TITLE_MAX_CHARACTERS - 1] === ' ' ? head : head.slice(0, head.lastIndexOf(' ') + 1);
  // A line without blanks, or with one long word at the end, is cut where it is full.
  const kept = atWord.length > head.length / 2 ? atWord : head;
  return `${kept.replace(/[\s\p{P}]+$/u, '')}…`;
}
