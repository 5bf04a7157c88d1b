/**
 * Well-formed UTF-8 from tokens that are pieces of characters (Unicode Standard, table 3-7). The grammar library tells by the
 * first byte of a character how many follow, and takes any that can follow some first byte; behind four of them fewer can.
 */

/** By first byte, the second bytes that it must not be followed by: too long a form, a surrogate, beyond the last character. */
const FORBIDDEN_SECOND: ReadonlyMap<number, readonly [first: number, last: number]> = new Map([
  [0xe0, [0x80, 0x9f]],
  [0xed, [0xa0, 0xbf]],
  [0xf0, [0x80, 0x8f]],
  [0xf4, [0x90, 0xbf]],
]);

/** Whether some text has these bytes in a row: they may begin and end amid a character. */
export function occursInUtf8(bytes: Uint8Array): boolean {
  let missing = 0; // bytes of the character that has begun
  let at = 0;
  while (at < 3 && isContinuation(bytes[at])) at++; // the end of a character before
  for (; at < bytes.length; at++) {
    const byte = bytes[at]!;
    if (missing > 0) {
      if (!isContinuation(byte) || isForbidden(bytes[at - 1]!, byte)) return false;
      missing--;
    } else if (byte >= 0x80) {
      if (byte < 0xc2 || byte > 0xf4) return false;
      missing = byte < 0xe0 ? 1 : byte < 0xf0 ? 2 : 3;
    }
  }
  return true;
}

function isContinuation(byte: number | undefined): boolean {
  return byte !== undefined && byte >= 0x80 && byte < 0xc0;
}

function isForbidden(first: number, second: number | undefined): boolean {
  const range = FORBIDDEN_SECOND.get(first);
  return range !== undefined && second !== undefined && second >= range[0] && second <= range[1];
}

/** Takes out of masks what would make the character that a text ends amid an ill-formed one. */
export class Utf8Guard {
  /** By first byte of a character: the tokens that must not follow where a text ends with it. */
  readonly #forbidden = new Map<number, readonly number[]>();

  /** @param tokens the bytes of each token, by id. */
  constructor(readonly tokens: readonly Uint8Array[]) {
    for (const first of FORBIDDEN_SECOND.keys()) {
      this.#forbidden.set(
        first,
        [...tokens.keys()].filter((id) => isForbidden(first, tokens[id]![0])),
      );
    }
  }

  /** @param lastId the token that the text ends with. @param mask see kernels/shared/mask-words.ts. */
  narrow(mask: Uint32Array, lastId: number): void {
    const lastByte = this.tokens[lastId]?.at(-1);
    for (const id of (lastByte !== undefined && this.#forbidden.get(lastByte)) || []) {
      mask[id >>> 5]! &= ~(1 << (id & 31));
    }
  }
}
