/**
 * What to show of a block that is still being written, so that it reads as it will read when it is done: marks that wait for
 * their other half are closed (`**bold` is bold at once), and an end that may still become anything is held back for the
 * moment. A guess that fails is put right by the next characters; what is settled never comes here.
 */

/** A block to show, and whether its last formula waits for its end. */
export interface Presentable {
  readonly source: string;
  readonly formulaPending: boolean;
}

/** A last line of marks only: an item, a rule, a heading, a fence or the underline of a heading, nobody knows yet. */
const MARKS_ONLY_LINE = /(?:^|\n)[ \t>]*(?:[-=+#|:[]+|\d{1,9}[.)]?|[-+*] \[[ xX]?\]?)?[ \t]*$/;
/** Marks at the very end may open or close, and may not be complete. */
const MARKS_AT_END = /[*_~`$\\]+$/;
const OPEN_FENCE = /^[ \t>]*(?:(?:[-+*]|\d{1,9}[.)])[ \t]+)*(?:`{3,}|~{3,})/;
const OPEN_LINK = /(!?)\[([^[\]\n]*)\]\([^()\s]*$/;
const OPEN_IMAGE = /!\[[^[\]\n]*\]?$/;
/** Escapes, formulas, code and emphasis. */
const MARKS = /\\[([]|\\.|\$\$|`+|\*+|_+|~~/gs;
const FORMULA_ENDS: Readonly<Record<string, string>> = { '\\[': '\\]', '\\(': '\\)', $$: '$$' };

/** Prose as it may be shown while it grows. */
export function presentable(whole: string): Presentable {
  const lastLine = whole.slice(whole.lastIndexOf('\n') + 1);
  // A fence whose language is being written.
  const source = OPEN_FENCE.test(lastLine) ? whole.slice(0, -lastLine.length) : whole;
  // In a fence within a list nothing is a mark.
  if (source.split('\n').filter((line) => OPEN_FENCE.test(line)).length % 2 === 1)
    return { source, formulaPending: false };
  const start = source.lastIndexOf('\n\n') + 1; // marks do not reach over a blank line
  const text = withoutTableHead(source.slice(start)).replace(MARKS_ONLY_LINE, '').replace(MARKS_AT_END, '');
  const { closed, formulaPending } = closeMarks(text);
  return { source: source.slice(0, start) + closed, formulaPending };
}

/** Code as it may be shown while it grows: without the beginning of its closing fence. */
export function presentableCode(source: string): string {
  return source.replace(/\n {0,3}(?:`+|~+)$/, '');
}

/** The first line of a table looks like a paragraph until the second is there; both wait for that. */
function withoutTableHead(text: string): string {
  const lines = text.split('\n');
  const rows = lines.slice(lines.findLastIndex((line) => !line.trimStart().startsWith('|')) + 1);
  const isHead = rows.length === 1 || (rows.length === 2 && /^[|:\- \t]*$/.test(rows[1] ?? ''));
  return isHead ? lines.slice(0, -rows.length).join('\n') : text;
}

function closeMarks(text: string): { closed: string; formulaPending: boolean } {
  const open: string[] = [];
  for (let at = 0; ;) {
    MARKS.lastIndex = at;
    const match = MARKS.exec(text);
    if (!match) break;
    const [mark] = match;
    at = MARKS.lastIndex;
    const wholeEnd = FORMULA_ENDS[mark] ?? (mark.startsWith('`') ? mark : undefined);
    if (wholeEnd !== undefined) {
      const end = text.indexOf(wholeEnd, at);
      if (end >= 0) at = end + wholeEnd.length;
      // Nothing within code or a formula is a mark, so this is the last one.
      else return { closed: closeAll(text, [...open, wholeEnd]), formulaPending: mark in FORMULA_ENDS };
    } else if (!mark.startsWith('\\')) {
      toggle(open, mark, text.charAt(match.index - 1), text.charAt(at));
    }
  }
  return {
    closed: closeAll(text.replace(OPEN_LINK, (_, image, label) => (image ? '' : label)).replace(OPEN_IMAGE, ''), open),
    formulaPending: false,
  };
}

/** Opens or closes emphasis by what stands on both sides of the mark, roughly as CommonMark does. */
function toggle(open: string[], mark: string, before: string, after: string): void {
  const opener = open.lastIndexOf(mark);
  if (opener >= 0 && /\S/.test(before)) open.length = opener;
  else if (/\S/.test(after) && !(mark.startsWith('_') && /[\p{L}\p{N}]/u.test(before))) open.push(mark);
}

function closeAll(text: string, open: readonly string[]): string {
  return open.length === 0 ? text : text.trimEnd() + open.toReversed().join('');
}
