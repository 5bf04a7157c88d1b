/** Repetitions of repetitions multiply: a line of text may stand for more states than a machine has room or time for. */

/** So many take about a second to make ready for a vocabulary of 50,000 tokens on a slow machine, and no legitimate grammar has as many. */
export const MOST_UNROLLED = 20_000;

/**
 * Characters and classes that a regular expression or an EBNF has once `x{m,n}` is written out n times, at most; names of
 * rules count by their letters.
 * @param hasStrings text between double quotes stands for itself, as in EBNF.
 */
export function unrolledSize(text: string, hasStrings: boolean): number {
  const before: number[] = []; // what each open group stands behind
  let size = 0;
  let last = 0; // of the part that a repetition would repeat
  const part = (own: number) => {
    size += own;
    last = own;
  };
  for (let at = 0; at < text.length; at++) {
    const rest = text.slice(at, at + 400);
    const [literal] = (hasStrings && /^"(?:\\.|[^"\\])*"/s.exec(rest)) || /^\[(?:\\.|[^\]\\])*\]/s.exec(rest) || [];
    const [repetition, least = '', most = ''] = /^\{(\d+)(?:,(\d*))?\}/.exec(rest) ?? [];
    if (literal !== undefined) {
      part(literal.startsWith('[') ? 1 : literal.length - 2);
      at += literal.length - 1;
    } else if (repetition !== undefined) {
      size += last * (Math.max(1, Number(least), Number(most)) - 1);
      at += repetition.length - 1;
    } else if (text[at] === '(') {
      before.push(size);
      size = 0;
    } else if (text[at] === ')') {
      const group = size;
      size = before.pop() ?? 0;
      part(group);
    } else {
      part(1);
      if (text[at] === '\\') at++;
    }
  }
  return before.reduce((sum, outer) => sum + outer, size); // a bracket in a comment is never closed
}
