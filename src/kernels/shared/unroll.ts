/** How often the line in which {name} stands is repeated. */
export type Counts = Readonly<Record<string, number>>;

/**
 * Loops written out in WGSL text, for registers have no index. A line in which {o} stands is repeated for o = 0, 1, …, and
 * if it opens a block, the block with it; with two such names, for every pair, the first of `counts` turning slowest.
 */
export function unroll(text: string, counts: Counts): string {
  return unrollLines(text.split('\n'), counts).join('\n');
}

function unrollLines(lines: readonly string[], counts: Counts): string[] {
  const unrolled: string[] = [];
  for (let i = 0; i < lines.length; i++) {
    const first = lines[i]!;
    const end = first.endsWith('{') ? closingOf(lines, i) : i;
    const names = Object.keys(counts).filter((name) => first.includes(`{${name}}`));
    for (const [line, ...block] of repeat(lines.slice(i, end + 1), names, counts)) {
      unrolled.push(line!, ...unrollLines(block, counts));
    }
    i = end;
  }
  return unrolled;
}

/** The line that closes the block which line `first` opens, by its braces. */
function closingOf(lines: readonly string[], first: number): number {
  let depth = 0;
  return lines.findIndex((line, i) => {
    if (i < first) return false;
    depth += line.split('{').length - line.split('}').length;
    return depth === 0;
  });
}

/** The lines with every combination of numbers in place of the names. */
function repeat(lines: readonly string[], [name, ...others]: readonly string[], counts: Counts): (readonly string[])[] {
  if (name === undefined) return [lines];
  return Array.from({ length: counts[name]! }, (_, i) => {
    const numbered = lines.map((line) => line.replaceAll(`{${name}}`, String(i)));
    return repeat(numbered, others, counts);
  }).flat();
}
