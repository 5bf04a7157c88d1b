/**
 * TeX to MathML by Temml, in a chunk of its own. Temml's tree is rebuilt as React elements from the lists below and nothing
 * else: no links, no ids, no classes of the text, and styles set one by one, as the content security policy wants it.
 */
import { createElement, type CSSProperties, type ReactNode } from 'react';
import temml from 'temml';

const ELEMENTS = new Set(
  (
    'math mrow mi mo mn ms mtext mspace mfrac msqrt mroot msub msup msubsup munder mover munderover mmultiscripts ' +
    'mprescripts mtable mtr mtd mstyle mpadded mphantom merror menclose'
  ).split(' '),
);

const ATTRIBUTES = new Set(
  (
    'accent accentunder columnalign columnlines columnspan depth display displaystyle fence form height largeop ' +
    'linethickness lspace mathbackground mathcolor mathsize mathvariant maxsize minsize movablelimits notation rowlines ' +
    'rowspan rspace scriptlevel separator stretchy symmetric voffset width'
  ).split(' '),
);

const STYLES = new Set(
  (
    'border borderBottom borderLeft borderRight borderTop color display fontFamily fontStyle fontWeight height ' +
    'justifyContent marginLeft mathDepth padding paddingBottom paddingLeft paddingRight paddingTop textAlign ' +
    'whiteSpace width'
  ).split(' '),
);

/** Temml draws some things by classes of its own stylesheet; these we know. */
const CLASSES = new Set([
  'tml-left',
  'tml-right',
  'tml-jot',
  'tml-small',
  'mathcal',
  'mathscr',
  'tml-prime',
  'tml-fbox',
]);

/** A node of Temml's tree, as far as it is read here. */
interface TemmlNode {
  readonly type?: string;
  readonly text?: string;
  readonly attributes?: Readonly<Record<string, string | number | boolean>>;
  readonly style?: Readonly<Record<string, string | number>>;
  readonly classes?: readonly string[];
  readonly children?: readonly TemmlNode[];
}

interface TemmlInternals {
  __renderToMathMLTree(tex: string, options: object): TemmlNode;
}

/** The formula as MathML, or null when it cannot be read. */
export function typeset(tex: string, display: boolean): ReactNode | null {
  try {
    const tree = (temml as unknown as TemmlInternals).__renderToMathMLTree(tex, {
      displayMode: display,
      throwOnError: true,
      trust: false,
      maxSize: [20, 200], // em and pt: nothing may reach out of its place
      maxExpand: 200,
    });
    return toElement(tree, 0);
  } catch {
    return null;
  }
}

function toElement(node: TemmlNode, key: number): ReactNode {
  if (node.text !== undefined && !node.children) return node.text;
  const children = node.children?.map(toElement) ?? [];
  const { type } = node;
  if (type === undefined || !ELEMENTS.has(type)) return children; // a fragment, a span, a link: only what it holds
  const attributes = Object.entries(node.attributes ?? {}).filter(([name]) => ATTRIBUTES.has(name));
  const style = Object.fromEntries(
    Object.entries(node.style ?? {})
      .map(([name, value]) => [name.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase()), value] as const)
      .filter(([name]) => STYLES.has(name)),
  ) as CSSProperties;
  const className = node.classes?.filter((name) => CLASSES.has(name)).join(' ') || undefined;
  return createElement(type, { key, className, style, ...Object.fromEntries(attributes) }, ...children);
}
