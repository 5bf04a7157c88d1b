/**
 * From a file or a pasted text to prompts: CSV (also with semicolons or tabs), JSONL, or one prompt to a line. Everything is read
 * before anything is taken over, and what is wrong is told with its line: what was found, what was expected, what to do.
 */
import Papa from 'papaparse';
import { HearthError } from '../../lib/errors';
import { formatBytes } from '../format';
import { strings } from './strings';
import { MAX_FILE_BYTES, MAX_ROWS, type PromptFile, type PromptFormat } from './types';

/** What is used of a File. */
export type FileToRead = Pick<File, 'name' | 'size' | 'arrayBuffer'>;

type Read = Pick<PromptFile, 'records' | 'hasHeader'>;

/** @throws HearthError `bad-file` naming the file and the line, what was found and what was expected */
export async function readPromptFile(file: FileToRead): Promise<PromptFile> {
  const { name, size } = file;
  if (size > MAX_FILE_BYTES) {
    const values = { file: name, size: formatBytes(size), limit: formatBytes(MAX_FILE_BYTES) };
    throw badFile(strings.tooLarge(values), strings.splitHint);
  }
  const text = decode(name, new Uint8Array(await file.arrayBuffer()));
  return readPrompts(name, text, formatOf(name, text));
}

/** @throws HearthError `bad-file` as above */
export function readPrompts(name: string, text: string, format: PromptFormat): PromptFile {
  const readers = { csv: readCsv, jsonl: readJsonl, lines: readLines };
  const { records, hasHeader } = readers[format](name, text);
  const count = records.length - (hasHeader ? 1 : 0);
  if (count < 1)
    throw badFile(
      hasHeader && records.length > 0 && format === 'csv'
        ? strings.onlyHeader({ file: name })
        : strings.noPrompts({ file: name }),
    );
  if (count > MAX_ROWS)
    throw badFile(strings.tooManyRows({ file: name, rows: count, limit: MAX_ROWS }), strings.splitHint);
  return { name, format, records, hasHeader };
}

function readLines(_name: string, text: string): Read {
  const lines = text.split(/\r\n|\r|\n/).map((line) => line.trim());
  return { records: lines.filter((line) => line !== '').map((line) => [line]), hasHeader: false };
}

function readCsv(name: string, text: string): Read {
  const records: string[][] = [];
  let startsAt = 0;
  const lineAt = (index: number) => text.slice(0, index).split(/\r\n|\r|\n/).length;
  Papa.parse<string[]>(text, {
    delimiter: delimiterOf(text),
    step({ data: fields, errors, meta }) {
      const from = startsAt;
      startsAt = meta.cursor;
      if (errors.some(({ type }) => type === 'Quotes'))
        throw badFile(strings.badQuotes({ file: name, line: lineAt(from) }), strings.badQuotesHint);
      if (fields.every((field) => field.trim() === '')) return;
      const wanted = records[0]?.length ?? fields.length;
      // What spreadsheets leave out or add at the end of a line are empty cells.
      if (fields.slice(wanted).some((field) => field.trim() !== '')) {
        const values = { file: name, line: lineAt(from), fields: fields.length, columns: wanted };
        throw badFile(strings.tooManyFields(values), strings.tooManyFieldsHint);
      }
      records.push(Array.from({ length: wanted }, (_, index) => fields[index] ?? ''));
    },
  });
  return { records, hasHeader: true };
}

/** What stands most often in the first line, outside quotes: there are the names of the columns, which seldom have any in them. */
function delimiterOf(text: string): string {
  const [firstLine = ''] = text
    .replace(/"[^"]*"/g, '')
    .trimStart()
    .split(/[\r\n]/, 1);
  const countOf = (delimiter: string) => firstLine.split(delimiter).length;
  return [',', ';', '\t'].sort((a, b) => countOf(b) - countOf(a))[0] ?? ',';
}

function readJsonl(name: string, text: string): Read {
  const columns = new Set<string>();
  const objects: Map<string, string>[] = [];
  for (const [index, line] of text.split(/\r\n|\n/).entries()) {
    if (line.trim() === '') continue;
    const object = new Map(fieldsOf(name, index + 1, line));
    for (const column of object.keys()) columns.add(column);
    objects.push(object);
  }
  const header = [...columns];
  return {
    records: [header, ...objects.map((object) => header.map((column) => object.get(column) ?? ''))],
    hasHeader: true,
  };
}

/** A line of JSONL: an object is a row, a text is a prompt. */
function fieldsOf(file: string, line: number, text: string): [column: string, field: string][] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw badFile(strings.notJson({ file, line, reason }), lineHint(), error);
  }
  if (typeof value === 'string') return [[PROMPT_COLUMN, value]];
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    const found = Array.isArray(value)
      ? strings.kinds.list
      : value === null
        ? strings.kinds.null
        : strings.kinds[typeof value as 'number' | 'boolean'];
    throw badFile(strings.notObject({ file, line, found }), lineHint());
  }
  return Object.entries(value).map(([column, field]) => [column, textOf(field)]);
}

const PROMPT_COLUMN = 'prompt';

const lineHint = () => strings.notJsonHint({ json: '{"prompt": "Hello"}' });

function textOf(field: unknown): string {
  if (typeof field === 'string') return field;
  return field === null ? '' : JSON.stringify(field);
}

/** By the name's ending; where that says nothing, by the first character. */
function formatOf(name: string, text: string): PromptFormat {
  const ending = /\.(\w+)$/.exec(name.toLowerCase())?.[1];
  if (ending === 'csv' || ending === 'tsv') return 'csv';
  if (ending === 'jsonl' || ending === 'ndjson') return 'jsonl';
  if (ending === 'txt') return 'lines';
  return /^\s*[[{]/.test(text) ? 'jsonl' : 'csv';
}

/** UTF-8, or the UTF-16 that spreadsheets call Unicode text and mark at its beginning. */
function decode(name: string, bytes: Uint8Array): string {
  const isUtf16 = bytes[0] === 0xff && bytes[1] === 0xfe;
  try {
    const text = new TextDecoder(isUtf16 ? 'utf-16le' : 'utf-8', { fatal: true }).decode(bytes); // takes a byte order mark away
    if (!text.includes('\0')) return text;
  } catch {
    // Not text, as below.
  }
  throw badFile(strings.notText({ file: name }), strings.notTextHint);
}

function badFile(message: string, hint: string = strings.fileHint, cause?: unknown): HearthError {
  return new HearthError('bad-file', message, { hint, cause });
}
