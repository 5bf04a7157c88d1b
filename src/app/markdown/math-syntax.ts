/**
 * Formulas in Markdown, for micromark: `$$…$$` and `\[…\]` (display), `\(…\)` and `$…$` (in a line). What is between the marks
 * is TeX and no Markdown: no emphasis, no lists.
 *
 * Money is written with the same sign, so a single `$` opens a formula only where nothing else can be meant: no space
 * inside the marks, no letter or digit outside, all on one line, and something in it that prose has not. A formula never holds
 * a blank line or a code fence, so it cannot swallow an answer while its end has not yet come.
 */
import type { Extension as FromMarkdownExtension } from 'mdast-util-from-markdown';
import type { Code, Construct, Effects, Extension, State, TokenizeContext } from 'micromark-util-types';

declare module 'micromark-util-types' {
  interface TokenTypeMap {
    formula: 'formula';
    formulaSource: 'formulaSource';
  }
}

/** A formula in the tree. It becomes an element `x-math` with its TeX as text. */
export interface MathNode {
  type: 'math';
  value: string;
  data: {
    hName: 'x-math';
    hProperties: { display: boolean; pending?: boolean };
    hChildren: [{ type: 'text'; value: string }];
  };
}

const TAB = 9;
const SPACE = 32;
const DOLLAR = 36;
const BACKSLASH = 92;
const BACKTICK = 96;
const TILDE = 126;
/** Signs of a formula that are rare in prose: \ ^ _ { } = + < > | */
const FORMULA_SIGNS = new Set([92, 94, 95, 123, 125, 61, 43, 60, 62, 124]);

const isLineEnding = (code: Code): boolean => code !== null && code < -2;
const isSpace = (code: Code): boolean => code === SPACE || code === TAB || code === -2 || code === -1;
const isAlphanumeric = (code: Code): boolean =>
  code !== null && code > 0 && /[\p{L}\p{N}]/u.test(String.fromCharCode(code));

const inText: Construct = { name: 'formula', tokenize: tokenizeInText };
const inFlow: Construct = { name: 'formulaBlock', tokenize: tokenizeInFlow, concrete: true };

/** The syntax, for micromark. */
export const mathSyntax: Extension = {
  flow: { [DOLLAR]: inFlow, [BACKSLASH]: inFlow },
  text: { [DOLLAR]: inText, [BACKSLASH]: inText },
};

/** Formulas as nodes, for mdast. */
export const mathFromMarkdown: FromMarkdownExtension = {
  enter: {
    formula(token) {
      const source = this.sliceSerialize(token).trim();
      const width = source.startsWith('$') && !source.startsWith('$$') ? 1 : 2;
      const display = source.startsWith('$$') || source.startsWith('\\[');
      const value = source.slice(width, -width).trim();
      const node: MathNode = {
        type: 'math',
        value,
        data: { hName: 'x-math', hProperties: { display }, hChildren: [{ type: 'text', value }] },
      };
      this.enter(node as never, token);
    },
  },
  exit: {
    formula(token) {
      this.exit(token);
    },
  },
};

function tokenizeInFlow(this: TokenizeContext, effects: Effects, ok: State, nok: State): State {
  return tokenizeFormula(this, effects, lineEnd, nok, true);

  function lineEnd(code: Code): State | undefined {
    if (isSpace(code)) {
      effects.enter('whitespace');
      return trailingSpace(code);
    }
    return code === null || isLineEnding(code) ? ok(code) : nok(code);
  }

  function trailingSpace(code: Code): State | undefined {
    if (isSpace(code)) {
      effects.consume(code);
      return trailingSpace;
    }
    effects.exit('whitespace');
    return lineEnd(code);
  }
}

function tokenizeInText(this: TokenizeContext, effects: Effects, ok: State, nok: State): State {
  return tokenizeFormula(this, effects, ok, nok, false);
}

/** One formula from its opening mark to its closing one. */
function tokenizeFormula(self: TokenizeContext, effects: Effects, ok: State, nok: State, displayOnly: boolean): State {
  const before = self.previous;
  let closing: number; // the last character of the closing mark: $ ) ]
  let single = false;
  let last: Code = null; // the last character of the content
  let empty = true;
  let spaced = false;
  let telling = false;

  return function start(code) {
    effects.enter('formula');
    effects.enter('formulaSource');
    effects.consume(code);
    return code === DOLLAR ? afterDollar : afterBackslash;
  };

  function afterDollar(code: Code): State | undefined {
    closing = DOLLAR;
    if (code === DOLLAR) {
      effects.consume(code);
      return afterSecondDollar;
    }
    single = true;
    return displayOnly || before === DOLLAR || isAlphanumeric(before) || isSpace(code) ? nok(code) : content(code);
  }

  function afterSecondDollar(code: Code): State | undefined {
    return code === DOLLAR ? nok(code) : content(code);
  }

  function afterBackslash(code: Code): State | undefined {
    if (code !== 91 && !(code === 40 && !displayOnly)) return nok(code);
    closing = code + (code === 91 ? 2 : 1);
    effects.consume(code);
    return content;
  }

  function content(code: Code): State | undefined {
    if (code === null) return nok(code);
    if (isLineEnding(code)) {
      if (single) return nok(code);
      effects.exit('formulaSource');
      effects.enter('lineEnding');
      effects.consume(code);
      effects.exit('lineEnding');
      return lineStart;
    }
    if (code === DOLLAR && closing === DOLLAR) {
      effects.consume(code);
      return single ? afterSingle : secondClosing;
    }
    effects.consume(code);
    if (code === BACKSLASH) return escaped;
    note(code);
    return content;
  }

  function note(code: Code): void {
    last = code;
    empty &&= isSpace(code);
    spaced ||= isSpace(code);
    telling ||= code !== null && FORMULA_SIGNS.has(code);
  }

  function escaped(code: Code): State | undefined {
    if (code === null || isLineEnding(code)) return content(code);
    telling = true;
    effects.consume(code);
    if (code === closing && closing !== DOLLAR) return empty ? nok : finish;
    note(code);
    return content;
  }

  function afterSingle(code: Code): State | undefined {
    if (empty || isSpace(last) || isAlphanumeric(code) || code === DOLLAR || (spaced && !telling)) return nok(code);
    return finish(code);
  }

  function secondClosing(code: Code): State | undefined {
    if (code !== DOLLAR) return content(code);
    effects.consume(code);
    return empty ? nok : finish;
  }

  function finish(code: Code): State | undefined {
    effects.exit('formulaSource');
    effects.exit('formula');
    return ok(code);
  }

  function lineStart(code: Code): State | undefined {
    if (self.parser.lazy[self.now().line]) return nok(code);
    effects.enter('formulaSource');
    return lineIndent(code);
  }

  function lineIndent(code: Code): State | undefined {
    if (isSpace(code)) {
      effects.consume(code);
      return lineIndent;
    }
    if (code === null || isLineEnding(code)) return nok(code); // a blank line
    return code === BACKTICK || code === TILDE ? fenceMark(code, 0) : content(code);
  }

  /** A third mark in a row would be a code fence. */
  function fenceMark(code: Code, count: number): State | undefined {
    if (code !== BACKTICK && code !== TILDE) return content(code);
    if (count === 2) return nok(code);
    effects.consume(code);
    note(code);
    return (next) => fenceMark(next, count + 1);
  }
}
