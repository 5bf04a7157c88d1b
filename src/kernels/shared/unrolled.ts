/**
 * Writes out loops of a shader's text. A compiler keeps an array in registers where every index is a number; GPUs' drivers
 * get there by themselves, software adapters and some browsers do not.
 */
import { invariant } from '../../lib/invariant';

/** `for (var j = 0u; j < SCORED; j++) {  // unrolled` up to `}  // unrolled` of the same depth. */
const LOOP =
  /^( *)for \(var (\w+) = 0u; \w+ < (\w+); \w+\+\+\) \{ {2}\/\/ unrolled\n([\s\S]*?)^\1\} {2}\/\/ unrolled\n/m;

/** @param counts how often a loop up to each name runs. */
export function unrolled(wgsl: string, counts: Readonly<Record<string, number>>): string {
  invariant(LOOP.test(wgsl), 'a text whose loops are to be written out has marked ones');
  let text = wgsl;
  for (;;) {
    const found = LOOP.exec(text);
    if (!found) return text;
    const [loop, indent = '', index = '', count = '', body = ''] = found;
    const turns = Array.from(
      { length: counts[count] ?? 0 },
      (_, i) => `${indent}{\n${body.replaceAll(new RegExp(`\\b${index}\\b`, 'g'), `${i}u`)}${indent}}\n`,
    );
    text = text.slice(0, found.index) + turns.join('') + text.slice(found.index + loop.length);
  }
}
