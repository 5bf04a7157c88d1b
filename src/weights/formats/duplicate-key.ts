/**
 * JSON.parse keeps the last of two equal keys and says nothing. In a header that is a way to show one tensor to a checker and
 * another to a reader, so it has to be found.
 */

/**
 * The first key that one object holds twice, or null.
 * @param json text that JSON.parse accepts
 */
export function findDuplicateKey(json: string): string | null {
  const open: (Set<string> | null)[] = []; // keys so far of each open object; null for an open array
  // Outside strings only brackets matter; a string is a key when a colon follows.
  for (const [token, isKey] of tokens(json)) {
    if (token === '{') open.push(new Set());
    else if (token === '[') open.push(null);
    else if (token === '}' || token === ']') open.pop();
    else if (isKey) {
      const key = JSON.parse(token) as string; // so that "a" and "\u0061" are equal
      const keys = open.at(-1);
      if (keys?.has(key)) return key;
      keys?.add(key);
    }
  }
  return null;
}

/** Brackets, and strings with whether they are keys. No regular expression: V8 runs out of stack on long strings. */
function* tokens(json: string): Generator<[token: string, isKey: boolean]> {
  for (let at = 0; at < json.length; at++) {
    const character = json[at]!;
    if (character === '"') {
      const start = at++;
      while (json[at] !== '"') at += json[at] === '\\' ? 2 : 1;
      let next = at + 1;
      while (isSpace(json[next])) next++;
      yield [json.slice(start, at + 1), json[next] === ':'];
    } else if ('{}[]'.includes(character)) yield [character, false];
  }
}

function isSpace(character: string | undefined): boolean {
  return character === ' ' || character === '\n' || character === '\r' || character === '\t';
}
