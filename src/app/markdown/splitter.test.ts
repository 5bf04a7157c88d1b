import fc from 'fast-check';
import type { Nodes } from 'mdast';
import { describe, expect, it } from 'vitest';
import { parseMarkdown } from './grammar';
import { BlockSplitter, definitionsFor, LONG, readCode, splitBlocks } from './splitter';
import { inPieces, randomMarkdown } from './testing/random-markdown';

/** An empty item before a line that begins with a box breaks an assertion of micromark's task lists. */
const readable = randomMarkdown().filter((text) => !/^[ >]*(?:[-+*]|\d+[.)])[ \t]*\n[ >]*\[[x ]\]/m.test(text));

const sources = (text: string) => splitBlocks(text).blocks.map(({ source }) => source);

describe('splitBlocks', () => {
  it('cuts paragraphs, headings, lists, tables, quotations and formulas at blank lines', () => {
    const parts = [
      '# Title',
      'one\ntwo',
      '- a\n\n- b\n\n  more',
      'after',
      '| a |\n|---|\n| b |',
      '> q\n> r',
      '$$\nx\n$$',
      'end',
    ];
    expect(sources(parts.join('\n\n'))).toEqual(parts);
  });

  it('cuts code fences out even without blank lines, and leaves their blank lines alone', () => {
    const { blocks } = splitBlocks('text:\n```py\na\n\nb\n```\nmore');
    expect(blocks).toEqual([
      { kind: 'prose', source: 'text:' },
      { kind: 'code', source: '```py\na\n\nb\n```' },
      { kind: 'prose', source: 'more' },
    ]);
  });

  it('leaves a fence within a list to the list', () => {
    const list = '1. do\n\n   ```sh\n   ls\n\n   pwd\n   ```\n\n2. then';
    expect(sources(`${list}\n\nend`)).toEqual([list, 'end']);
  });

  it('cuts an endless list between two items', () => {
    const item = `- ${'word '.repeat(100)}\n`;
    const { blocks } = splitBlocks(item.repeat(100));
    expect(blocks.length).toBeGreaterThan(1);
    for (const { source } of blocks) {
      expect(source.length).toBeLessThan(LONG + 2 * item.length);
      expect(source.startsWith('- ')).toBe(true);
    }
  });

  it.each([
    ['lines', 'A line without an end.\n'],
    ['sentences', 'A sentence with a point. '],
    ['quotations', '> words of somebody\n'],
  ])('cuts endless %s, however they arrive', (_, piece) => {
    const text = piece.repeat(600);
    const whole = splitBlocks(text);
    expect(whole.blocks.length).toBeGreaterThan(1);
    for (const { source } of whole.blocks) expect(source.length).toBeLessThan(LONG + 2 * piece.length);
    const splitter = new BlockSplitter();
    for (let end = 0; end < text.length; end += 37) splitter.update(text.slice(0, end));
    expect(splitter.update(text, true)).toEqual(whole);
  });

  it('leaves a long table and a long formula whole', () => {
    for (const text of [`| a | b |\n|---|---|\n${'| c. | d. e |\n'.repeat(600)}`, `$$\n${'x. + y\n'.repeat(1000)}$$`]) {
      expect(sources(text)).toEqual([text.trim()]);
    }
  });

  it('lets a paragraph stand alone from its first word, unless it may be an item of the list above', () => {
    const blocks = (text: string) => new BlockSplitter().update(text).blocks.map(({ source }) => source);
    expect(blocks('one\n\nt')).toEqual(['one', 't']);
    expect(blocks('- one\n\nt')).toEqual(['- one', 't']);
    expect(blocks('- one\n\n-')).toEqual(['- one\n\n-']);
    expect(blocks('1. one\n\n2')).toEqual(['1. one\n\n2']);
  });

  it('reads every line of a growing text once', () => {
    const line = 'word '.repeat(10);
    const splitter = new BlockSplitter();
    let settled = splitter.update('').blocks;
    let text = '';
    for (let index = 0; index < 200; index++) {
      text += `${line}\n\n`;
      const { blocks } = splitter.update(text);
      for (const [place, block] of settled.slice(0, -1).entries()) expect(blocks[place]).toBe(block); // the same object
      settled = blocks;
    }
    expect(settled).toHaveLength(200);
  });
});

describe('splitting and parsing', () => {
  it('gives the blocks of the whole text, however it arrived', () => {
    fc.assert(
      fc.property(inPieces(randomMarkdown()), (pieces) => {
        const splitter = new BlockSplitter();
        let text = '';
        for (const piece of pieces) splitter.update((text += piece));
        expect(splitter.update(text, true)).toEqual(splitBlocks(text));
      }),
    );
  });

  it('reads block by block as the whole reads at once', () => {
    fc.assert(
      fc.property(readable, (text) => {
        const whole = parseMarkdown(text).children;
        // After indented code micromark takes an item of a list for text; cut in two it reads as CommonMark says.
        const lines = text.split('\n');
        const isIndented = ({ type, position }: Nodes) =>
          type === 'code' && /^(?: {4}| {0,3}\t)/.test(lines[(position?.start.line ?? 0) - 1] ?? '');
        fc.pre(!whole.some(isIndented));
        const { blocks, definitions } = splitBlocks(text);
        const trees = blocks.flatMap(({ source }) => {
          const prefix = definitionsFor(source, definitions);
          return parseMarkdown(prefix + source, { prefixLength: prefix.length }).children;
        });
        expect(trees.map(bare).filter(isShown)).toEqual(whole.map(bare).filter(isShown));
      }),
      { numRuns: import.meta.env['HEARTH_DEEP'] === '1' ? 20_000 : 500 },
    );
  });

  it('reads a code block as the parser does', () => {
    fc.assert(
      fc.property(randomMarkdown(), (text) => {
        for (const { kind, source } of splitBlocks(text).blocks) {
          if (kind !== 'code' || source.includes('\t')) continue; // tabs before code become spaces only there
          const [node, ...others] = parseMarkdown(source).children;
          expect(others).toEqual([]);
          const { language, value } = readCode(source);
          expect({ type: 'code', language, value: value.trimEnd() }).toEqual({
            type: node?.type,
            language: (node?.type === 'code' && node.lang) || '',
            value: (node?.type === 'code' ? node.value : '').trimEnd(),
          });
        }
      }),
    );
  });
});

describe('definitions', () => {
  it('reach blocks before and after them, by label without case', () => {
    const { blocks, definitions } = splitBlocks('see [Home]\n\n[home]: http://a.org\n\nand [x][HOME], [other]');
    for (const { source } of blocks) expect(definitionsFor(source, definitions)).toContain('[home]: http://a.org\n');
    expect(definitionsFor('nothing [here]', definitions)).toBe('');
  });
});

/** A node without its place in the text, and without what only references to it need. */
function bare(node: Nodes): object {
  const { position: _position, children, value, ...rest } = node as Nodes & { children?: Nodes[]; value?: string };
  return {
    ...rest,
    ...(value === undefined ? {} : { value: value.trimEnd() }),
    ...(children ? { children: children.map(bare) } : {}),
  };
}

function isShown(node: object): boolean {
  return !('type' in node && node.type === 'definition');
}
