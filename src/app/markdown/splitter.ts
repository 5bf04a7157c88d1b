/**
 * Cuts a growing text into blocks that can be rendered one by one. What is cut off is settled: no later character can
 * change how it reads, so it is parsed once and never again; only the last block, the tail, is open.
 *
 * Markdown is read line by line, and a cut is made only before a line that closes everything above it whatever that is:
 * one that follows a blank line and is not indented (unless it may be one more item of a list), or one that opens a code
 * fence at the outermost level. In doubt there is no cut: a block may hold several paragraphs, never half of one. Whole
 * lines are read once, so splitting a text that grows is linear in its length. What a block means is `grammar.ts`'s business.
 *
 * One exception keeps the tail short: what runs on beyond LONG characters is cut where it shows least, a list between two
 * items, a paragraph or a quotation after a line or a sentence. Tables and formulas are left whole.
 */
import { fencesAtTopLevel } from './grammar';

/** Blocks of more characters than this are cut, so that the tail of an endless answer stays cheap to parse. */
export const LONG = 4000;

/** One piece of a text, in the order of the text. */
export interface Block {
  /** `code`: a fence at the outermost level with all its lines; `prose`: anything else. */
  readonly kind: 'prose' | 'code';
  /** Markdown, without blank lines at its end. */
  readonly source: string;
}

/** Targets of `[label]: address` and labels of `[^label]: note`, by normalised label: source of the definition. */
export type Definitions = ReadonlyMap<string, string>;

/** A text cut into blocks, with what one block may need to know of the others. */
export interface SplitText {
  readonly blocks: readonly Block[];
  readonly definitions: Definitions;
}

/** A text that will not grow, cut into blocks. */
export function splitBlocks(text: string): SplitText {
  return new BlockSplitter().update(text, true);
}

const FENCE_OPENING = /^ {0,3}(`{3,}(?=[^`]*$)|~{3,})/;
const LIST_MARKER = /^ {0,3}(?:[-+*]|\d{1,9}[.)])(?:[ \t]|$)/;
const LINK_DEFINITION =
  /^ {0,3}\[(?!\^)((?:[^[\]\\]|\\.)+)\]:[ \t]*(?:<[^<>]*>|[^<\s]\S*)(?:[ \t]+(?:"[^"]*"|'[^']*'|\([^()]*\)))?[ \t]*$/;
const SENTENCE_END = /[.!?…。！？][ \t]/g;
const NOTE_DEFINITION = /^ {0,3}\[(\^[^\]\s[]+)\]:/;

/** Splits one text as it grows: `update` is called with the whole text so far. */
export class BlockSplitter {
  #text = '';
  #ended = false;
  #settled: Block[] = [];
  #definitions: Definitions = new Map();
  /** Where the open block begins, and the first line not yet read, as offsets into the text. */
  #blockStart = 0;
  #lineStart = 0;
  /** The marker of the open block if it is a code fence. */
  #fence: string | null = null;
  #mayHoldList = false;
  #afterBlank = false;
  /** True where a definition may stand: at the beginning of a block and after another definition. */
  #mayDefine = true;

  /**
   * The blocks of `text`. A text that begins with the one before is read on from there; any other begins anew.
   * @param ended the text is complete: its last line counts even without a line break
   */
  update(text: string, ended = false): SplitText {
    if (this.#ended || !text.startsWith(this.#text)) this.#reset();
    this.#text = text;
    this.#ended = ended;
    for (let next = this.#nextLine(); next > 0; next = this.#nextLine()) {
      this.#readLine(text.slice(this.#lineStart, next).replace(/\n$/, ''), next);
    }
    const lastLine = text.slice(this.#lineStart);
    if (ended && lastLine !== '') this.#readLine(lastLine, text.length);
    else if (this.#beginsBlock(lastLine)) this.#cut(this.#lineStart);
    const tail = this.#openBlock(text.length);
    return { blocks: tail ? [...this.#settled, tail] : [...this.#settled], definitions: this.#definitions };
  }

  /** Where the first unread line ends and the next begins, or 0 if its end has not come yet. */
  #nextLine(): number {
    const end = this.#text.indexOf('\n', this.#lineStart) + 1 || this.#text.length + 1;
    if (end - this.#blockStart > LONG && this.#fence === null) {
      SENTENCE_END.lastIndex = Math.max(this.#lineStart, this.#blockStart + LONG);
      const sentence = SENTENCE_END.exec(this.#text);
      if (sentence && SENTENCE_END.lastIndex < end && this.#isRunningText(SENTENCE_END.lastIndex)) {
        return SENTENCE_END.lastIndex;
      }
    }
    return end > this.#text.length ? 0 : end;
  }

  /** Whether the open block up to `end` is a paragraph or a quotation and has nothing in it that a cut would break. */
  #isRunningText(end: number): boolean {
    return !this.#mayHoldList && !/\||\$\$|\\\[|^(?: {4}|\t)/.test(this.#text.slice(this.#blockStart, end));
  }

  #reset(): void {
    this.#settled = [];
    this.#definitions = new Map();
    this.#lineStart = 0;
    this.#begin(0);
  }

  #begin(offset: number): void {
    this.#blockStart = offset;
    this.#fence = null;
    this.#mayHoldList = false;
    this.#afterBlank = false;
    this.#mayDefine = true;
  }

  /** Settles what is open; the next block begins at `offset`. */
  #cut(offset: number): void {
    const block = this.#openBlock(offset);
    if (block) this.#settled.push(block);
    this.#begin(offset);
  }

  #openBlock(end: number): Block | null {
    const source = withoutSpaceAtEnd(this.#text.slice(this.#blockStart, end));
    return source === '' ? null : { kind: this.#fence === null ? 'prose' : 'code', source };
  }

  /** @param next offset of the line after this one */
  #readLine(line: string, next: number): void {
    const start = this.#lineStart;
    this.#lineStart = next;
    if (this.#fence !== null) {
      if (closesFence(line, this.#fence)) this.#cut(next);
      return;
    }
    const empty = this.#blockStart === start;
    if (/^[ \t]*$/.test(line)) {
      if (empty) this.#blockStart = next;
      this.#afterBlank = true;
      this.#mayDefine = true;
      return;
    }
    const isItem = LIST_MARKER.test(line);
    if (!empty && this.#closesAllAbove(line, isItem, start)) this.#cut(start);

    const fence = FENCE_OPENING.exec(line)?.[1];
    if (fence !== undefined && this.#isTopLevelFence(line, next)) {
      if (this.#blockStart !== start) this.#cut(start);
      this.#fence = fence;
      return;
    }
    this.#collectDefinition(line);
    this.#mayHoldList ||= isItem;
    this.#afterBlank = false;
  }

  /** Whether a line closes all above it however it goes on, so that a paragraph stands alone from its first word. */
  #beginsBlock(beginning: string): boolean {
    if (this.#fence !== null || !this.#afterBlank || this.#blockStart === this.#lineStart) return false;
    const mayBecomeItem = /^(?:[-+*]|\d{1,9}[.)]?)?$/.test(beginning) || LIST_MARKER.test(beginning);
    return /\S/.test(beginning) && !mayBecomeItem && this.#closesAllAbove(beginning, false, this.#lineStart);
  }

  #closesAllAbove(line: string, isItem: boolean, start: number): boolean {
    const indented = /^[ \t]/.test(line);
    if (start - this.#blockStart > LONG && !indented) {
      if (isItem && this.#mayHoldList)
        return LIST_MARKER.test(this.#text.slice(this.#blockStart, this.#blockStart + 12));
      if (!/^(?:=+|-+|.*\|.*)[ \t]*$/.test(line) && this.#isRunningText(start)) return true;
    }
    if (!this.#afterBlank) return false;
    return this.#mayHoldList ? !indented && !isItem : !/^(?: {4}| {0,3}\t)/.test(line);
  }

  /** An indented fence may belong to an item of a list; then the parser is asked. */
  #isTopLevelFence(line: string, next: number): boolean {
    if (!this.#mayHoldList || !line.startsWith(' ')) return true;
    return fencesAtTopLevel(this.#text.slice(this.#blockStart, next));
  }

  #collectDefinition(line: string): void {
    const note = NOTE_DEFINITION.exec(line)?.[1];
    const label = note ?? (this.#mayDefine ? LINK_DEFINITION.exec(line)?.[1] : undefined);
    this.#mayDefine = label !== undefined;
    const key = normaliseLabel(label ?? '');
    if (key === '' || this.#definitions.has(key)) return; // the first one counts
    // Of a note only the label matters to other blocks: the note itself stands where it was written.
    this.#definitions = new Map(this.#definitions).set(key, note === undefined ? line.trim() : `[${note}]: .`);
  }
}

/** Not a regular expression: those take quadratic time over long runs of spaces. */
function withoutSpaceAtEnd(text: string): string {
  let end = text.length;
  while (end > 0 && ' \t\n'.includes(text.charAt(end - 1))) end--;
  return text.slice(0, end);
}

/** A definition that nothing refers to: indented code after it does not belong to a note before it. */
const END_OF_DEFINITIONS = '[\uE000]: .\n\n';

/** Definitions that `source` refers to, as Markdown to be put before it; empty when there are none. */
export function definitionsFor(source: string, definitions: Definitions): string {
  if (definitions.size === 0) return '';
  const labels = new Set(
    Array.from(source.matchAll(/\[((?:[^[\]\\]|\\.)+)\]/g), ([, label = '']) => normaliseLabel(label)),
  );
  const used = Array.from(definitions).filter(([label]) => labels.has(label));
  return used.length === 0 ? '' : used.map(([, definition]) => `${definition}\n\n`).join('') + END_OF_DEFINITIONS;
}

/** Labels that differ in case and white space only are the same. */
function normaliseLabel(label: string): string {
  return label.replace(/\s+/g, ' ').trim().toLowerCase().toUpperCase();
}

function closesFence(line: string, fence: string): boolean {
  const closing = /^ {0,3}(`+|~+)[ \t]*$/.exec(line)?.[1];
  return closing !== undefined && closing[0] === fence[0] && closing.length >= fence.length;
}

/** A block of code as it is shown. */
export interface Code {
  /** The first word after the fence, as the model wrote it; empty if there is none. */
  readonly language: string;
  readonly value: string;
  /** Whether the closing fence is there. */
  readonly closed: boolean;
}

/** Reads a `code` block. */
export function readCode(source: string): Code {
  const [opening = '', ...lines] = source.split('\n');
  const [, indent = '', fence = '', info = ''] = /^( {0,3})(`{3,}|~{3,})[ \t]*(.*)$/.exec(opening) ?? [];
  const closed = lines.length > 0 && closesFence(lines.at(-1) ?? '', fence);
  if (closed) lines.pop();
  const leading = new RegExp(`^ {0,${indent.length}}`);
  return {
    language: /^\S*/.exec(info)?.[0] ?? '',
    value: lines.map((line) => line.replace(leading, '')).join('\n'),
    closed,
  };
}
