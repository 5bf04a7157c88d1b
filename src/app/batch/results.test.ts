import Papa from 'papaparse';
import { describe, expect, it } from 'vitest';
import { readPrompts } from './read-prompts';
import { resultsFile, resultsForClipboard, resultTable } from './results';
import { defaultSettings, type RowResult, type StoredBatch } from './types';

const result = (row: number, answer: string, more: Partial<RowResult> = {}): RowResult => ({
  row,
  answer,
  finishReason: 'stop',
  promptTokens: 5,
  completionTokens: 3,
  seed: 7,
  modelLabel: 'Tales',
  ...more,
});

function batch(csv: string, ...results: RowResult[]): StoredBatch {
  return { file: readPrompts('my prompts.csv', csv, 'csv'), settings: defaultSettings(''), results };
}

async function csvOf(stored: StoredBatch): Promise<string> {
  const { content } = resultsFile(stored, 'csv');
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(await content.arrayBuffer());
}

const failed = result(1, '', { finishReason: 'failed', error: 'Too long.', completionTokens: 0, seed: null });

describe('results', () => {
  it('are the columns of the file, then ours; rows that wait have nothing in these', () => {
    expect(resultTable(batch('q,n\nHello,1\nAnd?,2\nSo?,3\n', result(0, 'Hi.'), failed))).toEqual({
      columns: ['q', 'n', 'answer', 'finish_reason', 'prompt_tokens', 'completion_tokens', 'model', 'seed', 'error'],
      rows: [
        ['Hello', '1', 'Hi.', 'stop', 5, 3, 'Tales', 7, null],
        ['And?', '2', '', 'failed', 5, 0, 'Tales', null, 'Too long.'],
        ['So?', '3', null, null, null, null, null, null, null],
      ],
    });
  });

  it('leave a column of the file alone that has the name of one of ours', () => {
    const { columns } = resultTable(batch('answer,model\nx,y\n', result(0, 'Hi.')));
    expect(columns.slice(0, 4)).toEqual(['answer', 'model', 'answer (2)', 'finish_reason']);
    expect(columns).toContain('model (2)');
  });

  it('as JSONL are exact', async () => {
    const { name, content } = resultsFile(batch('q\n=1+1\n', result(0, '=SUM(A1)\n"x"')), 'jsonl');
    const lines = (await content.text()).trimEnd().split('\n');
    expect(name).toBe('my prompts-answers.jsonl');
    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([
      {
        q: '=1+1',
        answer: '=SUM(A1)\n"x"',
        finish_reason: 'stop',
        prompt_tokens: 5,
        completion_tokens: 3,
        model: 'Tales',
        seed: 7,
        error: null,
      },
    ]);
  });

  it('as CSV are read again as they were', async () => {
    const answer = 'One, "two"\nthree; four';
    const csv = await csvOf(batch('q\nHello\n', result(0, answer)));
    expect(csv.startsWith('\uFEFF"q","answer"')).toBe(true);
    expect(Papa.parse<string[]>(csv.slice(1)).data[1]?.slice(0, 3)).toEqual(['Hello', answer, 'stop']);
  });
});

describe('a cell that a spreadsheet would run', () => {
  const dangerous = [
    '=1+1',
    '+1+1',
    '-1+1',
    '-cmd',
    '@SUM(A1)',
    '\t=1',
    '\r=1',
    ' =1',
    '＝1',
    '＋1',
    '－1',
    '＠a',
    '\n=1',
  ];
  const harmless = ['-5', '-5.25', '-5,25', 'a=b', '1+1', 'mail@example', '', "'quoted", '- '.trim() + '7'];

  async function cellOf(answer: string): Promise<string | undefined> {
    const csv = await csvOf(batch('q\nHello\n', result(0, answer)));
    return Papa.parse<string[]>(csv.slice(1)).data[1]?.[1];
  }

  it.each(dangerous)('gets an apostrophe: %j', async (answer) => {
    expect(await cellOf(answer)).toBe(`'${answer}`);
  });

  it.each(harmless)('is told from others: %j', async (answer) => {
    expect(await cellOf(answer)).toBe(answer);
  });

  it('cannot begin after another separator, because every cell is quoted', async () => {
    const csv = await csvOf(batch('q\nHello\n', result(0, 'x;=1+1')));
    expect(csv).toContain('"x;=1+1"');
  });

  it('is defused among the columns of the file, in their names and in the clipboard, too', async () => {
    const stored = batch('=a\n=b\n', result(0, '=c', { error: '=d' }));
    expect(await csvOf(stored)).toMatch(/^\uFEFF"'=a",.*\r\n"'=b","'=c",.*"'=d"\r\n$/s);
    expect(resultsForClipboard(stored)).toMatch(/^"'=a"\t.*\n"'=b"\t"'=c"\t.*"'=d"\n$/s);
  });
});
