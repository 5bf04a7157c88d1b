/**
 * A template is text with `{{column}}` where the field of a row goes. Everything else is itself, single braces too, and what a
 * field brings in is never read as a template again.
 */
import { HearthError } from '../../lib/errors';
import { strings } from './strings';

const PLACEHOLDER = /\{\{(.*?)\}\}/g;

export type Render = (row: readonly string[]) => string;

/** @throws HearthError `bad-request` naming the column that is not there, and those that are */
export function compileTemplate(template: string, columns: readonly string[]): Render {
  const places = new Map(columns.map((name, index) => [name, index]));
  for (const name of columnsIn(template)) if (!places.has(name)) throw unknownColumn(name, columns);
  return (row) => template.replace(PLACEHOLDER, (_, name: string) => row[places.get(name.trim()) ?? -1] ?? '');
}

/** The columns that a template asks for, each once. */
export function columnsIn(template: string): string[] {
  return [...new Set(Array.from(template.matchAll(PLACEHOLDER), ([, name = '']) => name.trim()))];
}

export function placeholder(column: string): string {
  return `{{${column}}}`;
}

function unknownColumn(name: string, columns: readonly string[]): HearthError {
  return new HearthError('bad-request', strings.unknownColumn({ name, columns: columns.map(placeholder).join(', ') }), {
    hint: strings.unknownColumnHint,
  });
}
