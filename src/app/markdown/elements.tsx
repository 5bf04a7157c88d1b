/**
 * What Markdown becomes on the page. Every element is made here from the few properties named here, so no id, class, name or
 * title of a text can reach the page. Headings stand below those of the page. Each piece of text finds its own direction, by
 * `dir` or, within lists and tables, by the style sheet.
 */
import type { ComponentType, ReactNode } from 'react';
import type { Components } from 'react-markdown';
import { CodeBlock } from './code-block';
import { directionOf, visibleControls } from './direction';
import { Formula } from './formula';
import { Link } from './link';
import { RemoteImage } from './remote-image';
import { strings } from './strings';
import { textOf } from './text-of';

interface Held {
  readonly children?: ReactNode;
}

interface Cell extends Held {
  readonly style?: { readonly textAlign?: 'left' | 'center' | 'right' };
}

/** A heading of `level` in the text; the page itself uses h1 and h2. */
function heading(level: 1 | 2 | 3 | 4 | 5 | 6) {
  const Tag = `h${Math.min(level + 2, 6)}` as 'h3' | 'h4' | 'h5' | 'h6';
  return function Heading({ children }: Held) {
    return (
      <Tag className={`md-h${level}`} dir="auto">
        {children}
      </Tag>
    );
  };
}

/** Code in a line is text; a block of it comes as `pre`. */
function Pre({ children }: Held) {
  const code = children as { props?: { className?: string; children?: ReactNode } } | undefined;
  const language = /^language-(.+)$/.exec(code?.props?.className?.split(' ')[0] ?? '')?.[1] ?? '';
  return <CodeBlock language={language} value={textOf(code?.props?.children).replace(/\n+$/, '')} finished />;
}

function alignment({ style }: Cell): { textAlign?: 'left' | 'center' | 'right' } | undefined {
  return style?.textAlign ? { textAlign: style.textAlign } : undefined;
}

const ours: Record<string, ComponentType<never>> = {
  p: ({ children }: Held) => <p dir="auto">{children}</p>,
  h1: heading(1),
  h2: heading(2),
  h3: heading(3),
  h4: heading(4),
  h5: heading(5),
  h6: heading(6),
  blockquote: ({ children }: Held) => <blockquote dir={directionOf(children)}>{children}</blockquote>,
  ul: ({ children }: Held) => <ul dir={directionOf(children)}>{children}</ul>,
  ol: ({ children, start }: Held & { start?: number }) => (
    <ol start={start} dir={directionOf(children)}>
      {children}
    </ol>
  ),
  li: ({ children, className }: Held & { className?: string }) => (
    <li className={className === 'task-list-item' ? 'md-task' : undefined}>{children}</li>
  ),
  input: ({ checked = false }: { checked?: boolean }) => (
    <input type="checkbox" checked={checked} disabled aria-label={checked ? strings.done : strings.open} />
  ),
  table: ({ children }: Held) => (
    // A wide table scrolls, so the keyboard must reach it.
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex, jsx-a11y/prefer-tag-over-role
    <div className="md-table" role="group" aria-label={strings.table} tabIndex={0} dir={directionOf(children)}>
      <table>{children}</table>
    </div>
  ),
  thead: ({ children }: Held) => <thead>{children}</thead>,
  tbody: ({ children }: Held) => <tbody>{children}</tbody>,
  tr: ({ children }: Held) => <tr>{children}</tr>,
  th: (cell: Cell) => (
    <th scope="col" style={alignment(cell)}>
      {cell.children}
    </th>
  ),
  td: (cell: Cell) => <td style={alignment(cell)}>{cell.children}</td>,
  hr: () => <hr />,
  br: () => <br />,
  strong: ({ children }: Held) => <strong>{children}</strong>,
  em: ({ children }: Held) => <em>{children}</em>,
  del: ({ children }: Held) => <del>{children}</del>,
  bdi: ({ children }: Held) => <bdi>{children}</bdi>,
  a: Link,
  img: RemoteImage,
  code: ({ children }: Held) => (
    <code className="md-inline-code" dir="ltr">
      {visibleControls(textOf(children))}
    </code>
  ),
  pre: Pre,
  'x-math': ({ children, display = false, pending = false }: Held & { display?: boolean; pending?: boolean }) => (
    <Formula tex={textOf(children)} display={display} pending={pending} />
  ),
  'x-note': ({ children, label = '' }: Held & { label?: string }) => (
    // oxlint-disable-next-line jsx-a11y/prefer-tag-over-role
    <div className="md-note" role="note" aria-label={strings.note({ label })}>
      <span className="md-note-label" aria-hidden>
        {label}
      </span>
      <div>{children}</div>
    </div>
  ),
  'x-note-mark': ({ children }: Held) => <sup>{children}</sup>,
};

/** The elements that may come out of a text. */
export const ELEMENTS: readonly string[] = Object.keys(ours);

/** How each of them is shown. */
export const components = ours as Components;
