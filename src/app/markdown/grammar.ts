/**
 * The Markdown we read: CommonMark and GFM with formulas, and without HTML. Tags are text like any other, except `<br>`,
 * which models write into table cells. Line breaks are kept as the model wrote them. Notes (`[^1]: …`) stay where they were written,
 * so that nothing needs an id to point to. Whatever turns the direction of writing is shut up in its own run of text.
 */
import type { Nodes, Parents, PhrasingContent, Root } from 'mdast';
import remarkGfm from 'remark-gfm';
import remarkParse from 'remark-parse';
import { unified, type PluggableList, type Processor } from 'unified';
import { mathFromMarkdown, mathSyntax, type MathNode } from './math-syntax';

/** What rendering one block of a larger text needs to know. */
export interface GrammarOptions {
  /** Length of the definitions put before the block; notes defined there are not shown. */
  readonly prefixLength?: number;
  /** The last formula is still being written. */
  readonly formulaPending?: boolean;
}

/** The grammar as plugins of unified. */
export function grammar(options: GrammarOptions = {}): PluggableList {
  return [remarkGfm, [house, options]];
}

/** The tree of a text. */
export function parseMarkdown(text: string, options: GrammarOptions = {}): Root {
  const processor = unified().use(remarkParse).use(grammar(options));
  return processor.runSync(processor.parse(text)) as Root;
}

/** Whether the last line of `source` opens a code fence that belongs to no list or quotation. */
export function fencesAtTopLevel(source: string): boolean {
  const last = unified().use(remarkParse).use(grammar()).parse(source).children.at(-1);
  return last?.type === 'code' && last.position?.start.line === source.trimEnd().split('\n').length;
}

/** Characters that turn the direction of what follows them: embeddings, overrides and isolates. */
export const DIRECTION_CONTROLS = /[\u202A-\u202E\u2066-\u2069]/;

function house(this: Processor, options: GrammarOptions) {
  const data = this.data();
  data.micromarkExtensions = [...(data.micromarkExtensions ?? []), mathSyntax, { disable: { null: ['htmlFlow'] } }];
  data.fromMarkdownExtensions = [...(data.fromMarkdownExtensions ?? []), mathFromMarkdown];
  return (tree: Root) => {
    let lastFormula: MathNode | undefined;
    const prefixLength = options.prefixLength ?? 0;
    rewrite(tree, (node) => {
      switch (node.type as string) {
        case 'html':
        case 'text':
          return writeText((node as Nodes & { value: string }).value);
        case 'math':
          lastFormula = node as unknown as MathNode;
          return null;
        case 'footnoteReference':
          return [noteMark(labelOf(node))];
        case 'footnoteDefinition':
          return (node.position?.start.offset ?? 0) < prefixLength ? [] : [note(node)];
        default:
          return null;
      }
    });
    if (options.formulaPending && lastFormula) lastFormula.data.hProperties.pending = true;
  };
}

/** Walks the tree and puts what `replace` gives in the place of each node; null leaves it and looks inside. */
function rewrite(parent: Parents, replace: (node: Nodes) => Nodes[] | null): void {
  parent.children = parent.children.flatMap((child) => {
    const nodes = replace(child) ?? [child];
    for (const node of nodes) if ('children' in node) rewrite(node, replace);
    return nodes;
  }) as never;
}

/** Text with its line breaks, each run that turns the direction isolated from what follows. */
function writeText(value: string): PhrasingContent[] {
  return value.split(/\n|^<br *\/?>$/i).flatMap((line, index) => {
    const text: PhrasingContent = { type: 'text', value: line };
    const run: PhrasingContent = DIRECTION_CONTROLS.test(line)
      ? { type: 'emphasis', children: [], data: { hName: 'bdi', hChildren: [{ type: 'text', value: line }] } }
      : text;
    return [...(index > 0 ? [{ type: 'break' } as const] : []), ...(line === '' ? [] : [run])];
  });
}

function labelOf(node: Nodes): string {
  return 'identifier' in node ? (node.label ?? node.identifier) : '';
}

function noteMark(label: string): PhrasingContent {
  return {
    type: 'emphasis',
    children: [],
    data: { hName: 'x-note-mark', hChildren: [{ type: 'text', value: label }] },
  };
}

/** A note as a block of its own; a quotation is the nearest thing mdast knows. */
function note(node: Nodes): Nodes {
  const children = node.type === 'footnoteDefinition' ? node.children : [];
  return { type: 'blockquote', children, data: { hName: 'x-note', hProperties: { label: labelOf(node) } } };
}
