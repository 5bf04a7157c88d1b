/** A prompt file as columns and rows, and the template it begins with. */
import { compileTemplate, placeholder } from './template';
import type { PromptFile } from './types';

export interface PromptTable {
  /** Unique and not blank. */
  columns: readonly string[];
  /** Each as long as `columns`. */
  rows: readonly (readonly string[])[];
}

export function tableOf({ records, hasHeader }: PromptFile): PromptTable {
  const [first = []] = records;
  const names = hasHeader ? first : first.map(() => '');
  return { columns: uniqueNames(names), rows: hasHeader ? records.slice(1) : records };
}

/** Blank names become "column 2", repeated ones "text (2)". */
function uniqueNames(names: readonly string[]): string[] {
  const taken = new Set<string>();
  return names.map((given, index) => freeName(given.trim() || `column ${index + 1}`, taken));
}

/** The name, or with the first number behind it that is free; it is taken then. */
export function freeName(name: string, taken: Set<string>): string {
  let free = name;
  for (let count = 2; taken.has(free); count++) free = `${name} (${count})`;
  taken.add(free);
  return free;
}

/** Rows that are looked at to tell text from figures. */
const LOOKED_AT = 20;

/** The first column that holds text rather than figures; the first of all where none does. */
function textColumn({ columns, rows }: PromptTable): string {
  const isText = (index: number) =>
    rows.slice(0, LOOKED_AT).some((row) => row[index] && Number.isNaN(Number(row[index])));
  return columns.find((_, index) => isText(index)) ?? columns[0] ?? '';
}

/** The template that is there, where this table has the columns it asks for; else the text column alone. */
export function templateFor(table: PromptTable, present: string): string {
  try {
    compileTemplate(present, table.columns);
    if (present.trim() !== '') return present;
  } catch {
    // It was written for another table.
  }
  return placeholder(textColumn(table));
}
