/**
 * Parts what a model thought from what it answers. Thoughts stand at the very beginning, between `<think>` and `</think>`;
 * a tag anywhere later is text about tags. Some templates open the tag in the prompt, so that the text begins amid thoughts.
 */

/** The parts of an answer. */
export interface ThoughtAndAnswer {
  /** What was thought, or null when nothing was. */
  readonly thought: string | null;
  /** Whether the thought has ended. */
  readonly thoughtClosed: boolean;
  readonly answer: string;
}

const OPENING = '<think>';
const CLOSING = '</think>';

/**
 * @param streaming the text will grow, so the beginning of a tag at its end is not shown
 * @param beginsInThought the prompt ended with the opening tag
 */
export function splitThinking(text: string, streaming = false, beginsInThought = false): ThoughtAndAnswer {
  const start = text.length - text.trimStart().length;
  const opened = text.startsWith(OPENING, start);
  const mayBecomeTag = streaming && OPENING.startsWith(text.slice(start));
  if (!opened && mayBecomeTag) return { thought: beginsInThought ? '' : null, thoughtClosed: false, answer: '' };
  if (!opened && !beginsInThought) return { thought: null, thoughtClosed: false, answer: text };
  const from = opened ? start + OPENING.length : 0;
  const end = text.indexOf(CLOSING, from);
  if (end >= 0) {
    return {
      thought: text.slice(from, end).trim(),
      thoughtClosed: true,
      answer: text.slice(end + CLOSING.length).trimStart(),
    };
  }
  const rest = text.slice(from);
  return { thought: (streaming ? withoutPartOf(CLOSING, rest) : rest).trimStart(), thoughtClosed: false, answer: '' };
}

/** `text` without the longest beginning of `tag` at its end. */
function withoutPartOf(tag: string, text: string): string {
  const at = text.lastIndexOf('<');
  return at >= 0 && tag.startsWith(text.slice(at)) ? text.slice(0, at) : text;
}
