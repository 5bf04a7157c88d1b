/**
 * What has come of a batch, as files: the columns that were brought, and for each row the answer, how it ended, its tokens, the
 * model and the seed. Rows that wait are in it with nothing in these columns.
 *
 * JSONL is exact. CSV is for spreadsheets, which run what begins like a formula: such a cell gets an apostrophe before it, which
 * spreadsheets take as "this is text", and every cell is quoted, so that no cell can be split where another separator is in use
 * (OWASP, "CSV Injection"). Plain negative numbers stay as they are.
 */
import Papa from 'papaparse';
import type { ExportFile } from '../chats/export';
import { freeName, tableOf } from './prompt-table';
import type { RowResult, StoredBatch } from './types';

export type ResultFormat = 'csv' | 'jsonl';

/** `=`, `+`, `-`, `@`, their full-width forms, and white space that is skipped before them. */
const FORMULA = /^\s*[=+@\uFF1D\uFF0B\uFF0D\uFF20]|^[\t\r\n]|^\s*-(?!\d+(?:[.,]\d+)?$)/;

/** Spreadsheets take a file for UTF-8 when it begins with this. */
const BYTE_ORDER_MARK = '\uFEFF';

export function resultsFile(batch: StoredBatch, format: ResultFormat): ExportFile {
  const base = batch.file.name.replace(/\.\w+$/, '');
  const [content, type] =
    format === 'csv'
      ? [BYTE_ORDER_MARK + separated(batch, ',', '\r\n'), 'text/csv;charset=utf-8']
      : [jsonLines(batch), 'application/jsonl'];
  return { name: `${base}-answers.${format}`, content: new Blob([content], { type }) };
}

/** The same cells as in CSV with tabs between them: what spreadsheets take from the clipboard. */
export function resultsForClipboard(batch: StoredBatch): string {
  return separated(batch, '\t', '\n');
}

function separated(batch: StoredBatch, delimiter: string, newline: string): string {
  const { columns, rows } = resultTable(batch);
  const config = { delimiter, newline, quotes: true, escapeFormulae: FORMULA };
  return Papa.unparse({ fields: columns, data: rows }, config) + newline;
}

function jsonLines(batch: StoredBatch): string {
  const { columns, rows } = resultTable(batch);
  return rows
    .map((row) => `${JSON.stringify(Object.fromEntries(columns.map((name, at) => [name, row[at]])))}\n`)
    .join('');
}

type Cell = string | number | null;

/** Columns of ours whose names are taken by the file's get a number behind them. */
export function resultTable({ file, results }: StoredBatch): { columns: string[]; rows: Cell[][] } {
  const table = tableOf(file);
  const byRow = new Map(results.map((result) => [result.row, result]));
  const taken = new Set(table.columns);
  const ours = Object.keys(OURS).map((name) => freeName(name, taken));
  return {
    columns: [...table.columns, ...ours],
    rows: table.rows.map((fields, row) => {
      const result = byRow.get(row);
      return [...fields, ...Object.values(OURS).map((cellOf) => (result ? cellOf(result) : null))];
    }),
  };
}

const OURS: Record<string, (result: RowResult) => Cell> = {
  answer: ({ answer }) => answer,
  finish_reason: ({ finishReason }) => finishReason,
  prompt_tokens: ({ promptTokens }) => promptTokens,
  completion_tokens: ({ completionTokens }) => completionTokens,
  model: ({ modelLabel }) => modelLabel,
  seed: ({ seed }) => seed,
  error: ({ error }) => error ?? null,
};
