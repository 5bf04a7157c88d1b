/** The words of a Markdown text, for the clipboard and for titles. */
import type { List, ListItem, Nodes } from 'mdast';
import { parseMarkdown } from './grammar';
import { splitThinking } from '../../lib/split-thinking';

/** Text without marks and without thoughts: blocks parted by blank lines, items and rows on lines of their own. */
export function plainText(markdown: string): string {
  return write(parseMarkdown(splitThinking(markdown).answer)).trim();
}

function write(node: Nodes): string {
  if (node.type === 'list') return node.children.map((item, index) => writeItem(node, item, index)).join('\n');
  if (node.type === 'break') return '\n';
  if (node.type === 'image') return node.alt ?? '';
  if ('value' in node) return node.value;
  return writeAll(node, BETWEEN[node.type] ?? '');
}

const BETWEEN: Partial<Record<Nodes['type'], string>> = {
  root: '\n\n',
  blockquote: '\n\n',
  table: '\n',
  tableRow: '\t',
};

function writeItem(list: List, item: ListItem, index: number): string {
  const mark = list.ordered ? `${(list.start ?? 1) + index}. ` : '- ';
  const box = item.checked == null ? '' : `[${item.checked ? 'x' : ' '}] `;
  return mark + box + writeAll(item, '\n').replaceAll('\n', '\n  ');
}

function writeAll(node: Nodes, between: string): string {
  if (!('children' in node)) return '';
  const hidden = node.data?.hChildren?.[0]; // text that the grammar shut up in a run of its own
  if (hidden?.type === 'text') return hidden.value;
  return node.children.map(write).join(between);
}
