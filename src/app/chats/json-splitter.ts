/**
 * JSON that comes in pieces, taken apart at its long list: the top-level array, or the one under `"chats"` of the top-level
 * object. Each element can then be parsed by itself, so that no parsing takes long, however large the file. It only counts
 * brackets and quotes; whether anything is valid is for `JSON.parse` to say, of the elements and of what is around them.
 */
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const OPEN_LIST = 0x5b;
const CLOSE_LIST = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

const BEFORE_LIST = /"chats"\s*:\s*$/;
/** As much of the text before a list as `BEFORE_LIST` looks at. */
const BEFORE_CHARACTERS = 64;

export class JsonSplitter {
  /** Brackets that are open. */
  #depth = 0;
  /** The depth inside the long list; 0 before it has begun, and -1 after it. */
  #listDepth = 0;
  #inString = false;
  #escaped = false;
  /** What is around the list. */
  #around = '';
  /** What has come of the element that is not complete. */
  #element = '';
  #elements = 0;

  /** Takes the next piece of the text. @returns the texts of the elements that it completes */
  push(piece: string): string[] {
    const complete: string[] = [];
    /** From here on nothing of the piece has been taken yet. */
    let start = 0;
    for (let at = 0; at < piece.length; at++) {
      const code = piece.charCodeAt(at);
      if (this.#inString) {
        if (this.#escaped) this.#escaped = false;
        else if (code === BACKSLASH) this.#escaped = true;
        else if (code === QUOTE) this.#inString = false;
        continue;
      }
      const inList = this.#listDepth > 0 && this.#depth === this.#listDepth;
      if (code === QUOTE) this.#inString = true;
      else if (inList && (code === COMMA || code === CLOSE_LIST)) {
        const element = this.#element + piece.slice(start, at);
        const isEmptyList = code === CLOSE_LIST && this.#elements === 0 && element.trim() === '';
        if (!isEmptyList) complete.push(element);
        this.#elements++;
        this.#element = '';
        start = at + (code === COMMA ? 1 : 0);
        if (code === CLOSE_LIST) {
          this.#listDepth = -1;
          this.#depth--;
        }
      } else if (code === OPEN_LIST && this.#listDepth === 0 && this.#isLongList(piece.slice(start, at))) {
        this.#around += piece.slice(start, at + 1);
        start = at + 1;
        this.#listDepth = ++this.#depth;
      } else if (code === OPEN_LIST || code === OPEN_OBJECT) this.#depth++;
      // A bracket too many stays within its element, which is then refused by itself.
      else if ((code === CLOSE_LIST || code === CLOSE_OBJECT) && !inList) this.#depth--;
    }
    if (this.#listDepth > 0) this.#element += piece.slice(start);
    else this.#around += piece.slice(start);
    return complete;
  }

  /** After the last piece. @returns what is around the list, which stands there empty, and the rest of one that has no end */
  end(): { around: string; unended: string } {
    return { around: this.#around, unended: this.#element };
  }

  #isLongList(justBefore: string): boolean {
    if (this.#depth === 0) return true;
    const before = justBefore.length < BEFORE_CHARACTERS ? this.#around.slice(-BEFORE_CHARACTERS) : '';
    return this.#depth === 1 && BEFORE_LIST.test(before + justBefore.slice(-BEFORE_CHARACTERS));
  }
}
