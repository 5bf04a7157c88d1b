/** The prompts of a batch for the eye: while the template asks for a column that is not there, the fields of the row instead. */
import { tableOf } from './prompt-table';
import { compileTemplate, type Render } from './template';
import type { BatchContent } from './types';

/** @returns the prompt of a row, counted from 0 */
export function promptRenderer({ file, settings }: BatchContent): (row: number) => string {
  const { columns, rows } = tableOf(file);
  const render = rendererOf(settings.template, columns);
  return (row) => render(rows[row] ?? []);
}

function rendererOf(template: string, columns: readonly string[]): Render {
  try {
    return compileTemplate(template, columns);
  } catch {
    return (fields) => fields.join(' · ');
  }
}
