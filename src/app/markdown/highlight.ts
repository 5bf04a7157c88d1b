/**
 * Colours for code, loaded when the first finished block of a known language is shown. What comes out are runs of text with
 * the name of a colour of ours; no markup is made.
 */
import core from 'highlight.js/lib/core';
import bash from 'highlight.js/lib/languages/bash';
import cpp from 'highlight.js/lib/languages/cpp';
import css from 'highlight.js/lib/languages/css';
import diff from 'highlight.js/lib/languages/diff';
import go from 'highlight.js/lib/languages/go';
import java from 'highlight.js/lib/languages/java';
import javascript from 'highlight.js/lib/languages/javascript';
import json from 'highlight.js/lib/languages/json';
import python from 'highlight.js/lib/languages/python';
import rust from 'highlight.js/lib/languages/rust';
import sql from 'highlight.js/lib/languages/sql';
import typescript from 'highlight.js/lib/languages/typescript';
import xml from 'highlight.js/lib/languages/xml';
import yaml from 'highlight.js/lib/languages/yaml';

/** Colours of tokens, as the stylesheet names them (`md-token-…`). */
export type TokenColour = 'comment' | 'keyword' | 'string' | 'number' | 'name' | 'added' | 'removed';

/** A run of code in one colour; null is the colour of the text. */
export interface Run {
  readonly text: string;
  readonly colour: TokenColour | null;
}

const languages = {
  bash,
  cpp,
  css,
  diff,
  go,
  java,
  javascript,
  json,
  python,
  rust,
  sql,
  typescript,
  xml,
  yaml,
};
for (const [name, language] of Object.entries(languages)) core.registerLanguage(name, language);

/** The first part of a highlight.js scope ("title.function") → colour. */
const COLOURS: Readonly<Record<string, TokenColour>> = {
  comment: 'comment',
  quote: 'comment',
  meta: 'comment',
  keyword: 'keyword',
  literal: 'keyword',
  built_in: 'keyword',
  'selector-tag': 'keyword',
  name: 'keyword',
  tag: 'comment',
  string: 'string',
  regexp: 'string',
  symbol: 'string',
  subst: 'string',
  number: 'number',
  variable: 'number',
  'template-variable': 'number',
  attr: 'name',
  attribute: 'name',
  property: 'name',
  title: 'name',
  type: 'name',
  'selector-class': 'name',
  'selector-id': 'name',
  section: 'name',
  addition: 'added',
  deletion: 'removed',
};

/** A node of highlight.js's tree, as its emitters keep it. */
interface ScopeNode {
  readonly scope?: string;
  readonly children: readonly (string | ScopeNode)[];
}

/** The runs of `code`, or null for a language that is not known here. */
export function highlight(code: string, language: string): Run[] | null {
  if (!core.getLanguage(language)) return null;
  const { _emitter: emitter } = core.highlight(code, { language, ignoreIllegals: true });
  const runs: Run[] = [];
  collect((emitter as unknown as { rootNode: ScopeNode }).rootNode, null, runs);
  return runs;
}

function collect(node: ScopeNode, inherited: TokenColour | null, runs: Run[]): void {
  const colour = COLOURS[node.scope?.split('.')[0] ?? ''] ?? inherited;
  for (const child of node.children) {
    const last = runs.at(-1);
    if (typeof child !== 'string') collect(child, colour, runs);
    else if (last?.colour === colour) runs[runs.length - 1] = { text: last.text + child, colour };
    else runs.push({ text: child, colour });
  }
}
