/** How a batch asks the model: which prompt a row makes, what goes before it, and with which options. */
import { findModel } from '../../catalog/catalog';
import type { ChatMessage, GenerationOptions, LocalModel } from '../../client';
import { tableOf } from './prompt-table';
import { compileTemplate } from './template';
import type { BatchContent } from './types';

export interface Asking {
  rowCount: number;
  /** The prompt of a row, counted from 0. */
  promptOf(row: number): string;
  messagesOf(prompt: string): ChatMessage[];
  options: GenerationOptions;
}

/** @throws HearthError `bad-request` when the template asks for a column that is not there */
export function askingOf({ file, settings }: BatchContent, model: Pick<LocalModel, 'id'>): Asking {
  const { columns, rows } = tableOf(file);
  const { template, systemPrompt, sampling } = settings;
  const render = compileTemplate(template, columns);
  const before: ChatMessage[] = systemPrompt.trim() === '' ? [] : [{ role: 'system', content: systemPrompt }];
  return {
    rowCount: rows.length,
    promptOf: (row) => render(rows[row] ?? []),
    messagesOf: (prompt) => [...before, { role: 'user', content: prompt }],
    options: { ...findModel(model.id)?.sampling, ...sampling },
  };
}
