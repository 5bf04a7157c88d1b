import { describe, expect, it } from 'vitest';
import { tableOf, templateFor } from './prompt-table';
import { readPromptFile, readPrompts } from './read-prompts';
import { MAX_FILE_BYTES, MAX_ROWS } from './types';

/** A file as a page is handed it. */
function file(name: string, content: string | Uint8Array<ArrayBuffer>) {
  const blob = new Blob([content]);
  return { name, size: blob.size, arrayBuffer: () => blob.arrayBuffer() };
}

async function table(name: string, content: string | Uint8Array<ArrayBuffer>) {
  return tableOf(await readPromptFile(file(name, content)));
}

async function refused(name: string, content: string | Uint8Array<ArrayBuffer>): Promise<string> {
  const error = await readPromptFile(file(name, content)).then(
    () => null,
    (error: unknown) => error,
  );
  expect(error).toMatchObject({ name: 'HearthError', code: 'bad-file' });
  return (error as Error).message;
}

describe('CSV', () => {
  it('has commas, quotes, line breaks and doubled quotes in quoted cells, and blank lines', async () => {
    const csv = 'id,text\r\n1,"Hello, ""you""\r\nthere"\r\n\r\n2,plain\r\n';
    expect(await table('a.csv', csv)).toEqual({
      columns: ['id', 'text'],
      rows: [
        ['1', 'Hello, "you"\r\nthere'],
        ['2', 'plain'],
      ],
    });
  });

  it.each([
    ['semicolons', 'a;b\n1;x, y\n'],
    ['tabs', 'a\tb\n1\tx, y\n'],
  ])('may be separated by %s', async (_name, csv) => {
    expect(await table('a.csv', csv)).toEqual({ columns: ['a', 'b'], rows: [['1', 'x, y']] });
  });

  it('may have one column', async () => {
    expect(await table('a.csv', 'prompt\nHello\nAnd?\n')).toEqual({ columns: ['prompt'], rows: [['Hello'], ['And?']] });
  });

  it('comes as spreadsheets write it: with a byte order mark, in UTF-16, without the last empty cells', async () => {
    expect((await table('a.csv', '\uFEFFtext,b\nä\n')).rows).toEqual([['ä', '']]);
    expect((await table('a.csv', '\uFEFFtext,b\nä\n')).columns).toEqual(['text', 'b']);
    const utf16 = new Uint8Array(Uint16Array.from('\uFEFFa\tb\nä\t1\n', (char) => char.charCodeAt(0)).buffer);
    expect(await table('a.txt.csv', utf16)).toEqual({ columns: ['a', 'b'], rows: [['ä', '1']] });
    expect((await table('a.csv', 'a,b\n1,2,,\n')).rows).toEqual([['1', '2']]);
  });

  it('gets names for columns that have none or share one', async () => {
    expect((await table('a.csv', 'x,,x, x \n1,2,3,4\n')).columns).toEqual(['x', 'column 2', 'x (2)', 'x (3)']);
  });

  it('may be without names of columns', async () => {
    const read = await readPromptFile(file('a.csv', 'Hello,1\nAnd?,2\n'));
    expect(tableOf({ ...read, hasHeader: false })).toEqual({
      columns: ['column 1', 'column 2'],
      rows: [
        ['Hello', '1'],
        ['And?', '2'],
      ],
    });
  });

  it('is refused with the line, what was found and what was expected', async () => {
    expect(await refused('a.csv', 'a,b\n"x\ny",1\n1,2,3\n')).toBe(
      'a.csv, line 4: found 3 cells, but there are 2 columns.',
    );
    expect(await refused('a.csv', 'a,b\n1,2\n1,"open\n3,4\n')).toContain('line 3: a quoted cell does not end');
    expect(await refused('a.csv', 'a,b\n1,"x"y"\n')).toContain('line 2');
    expect(await refused('a.csv', 'a,b\n')).toContain('expected rows below it');
    expect(await refused('a.csv', '')).toContain('is empty');
  });
});

describe('JSONL', () => {
  it('has one object to a line, with what other lines have left empty', async () => {
    const jsonl = '{"id": 1, "text": "Hello"}\n\n{"text": "And?", "tags": ["a"], "none": null}\r\n';
    expect(await table('a.jsonl', jsonl)).toEqual({
      columns: ['id', 'text', 'tags', 'none'],
      rows: [
        ['1', 'Hello', '', ''],
        ['', 'And?', '["a"]', ''],
      ],
    });
  });

  it('has one text to a line', async () => {
    expect(await table('a.jsonl', '"Hello"\n"And,\\nthen?"\n')).toEqual({
      columns: ['prompt'],
      rows: [['Hello'], ['And,\nthen?']],
    });
  });

  it('is known by its first character where the name says nothing', async () => {
    expect((await table('prompts', ' {"a": "1"}\n')).columns).toEqual(['a']);
  });

  it('is refused with the line, what was found and what was expected', async () => {
    expect(await refused('a.jsonl', '{"a": 1}\n\n{"a": \n')).toMatch(/^a\.jsonl, line 3 is not JSON: ./);
    expect(await refused('a.jsonl', '[1]\n')).toBe('a.jsonl, line 1 is a list; expected an object or a text.');
    expect(await refused('a.jsonl', 'null\n')).toContain('line 1 is null');
    expect(await refused('a.jsonl', '"a"\n7\n')).toContain('line 2 is a number');
    expect(await refused('a.jsonl', '\n')).toContain('is empty');
  });
});

describe('any file', () => {
  it('may be lines', async () => {
    expect(await table('a.txt', ' Hello, you \n\nAnd?')).toEqual({
      columns: ['column 1'],
      rows: [['Hello, you'], ['And?']],
    });
    expect(() => readPrompts('pasted', ' \n ', 'lines')).toThrow('is empty');
  });

  it('that is no text, or too much, is refused', async () => {
    expect(await refused('a.xlsx', new Uint8Array([0x50, 0x4b, 3, 4, 0, 0xff]))).toContain('not text in UTF-8');
    expect(await refused('a.csv', 'a\nb\0c')).toContain('not text');
    const large = { ...file('a.csv', 'a\nb'), size: MAX_FILE_BYTES + 1 };
    await expect(readPromptFile(large)).rejects.toThrow('up to 20.0 MB');
    expect(() => readPrompts('a.txt', 'x\n'.repeat(MAX_ROWS + 1), 'lines')).toThrow('has 10,001 rows');
    expect(readPrompts('a.txt', 'x\n'.repeat(MAX_ROWS), 'lines').records).toHaveLength(MAX_ROWS);
  });
});

describe('the template a table begins with', () => {
  const columns = ['id', 'text'];
  const rows = [['1', 'Hello']];

  it('is the first column of text', () => {
    expect(templateFor({ columns, rows }, '')).toBe('{{text}}');
    expect(templateFor({ columns, rows: [['1', '2']] }, '')).toBe('{{id}}');
  });

  it('is the present one where that fits', () => {
    expect(templateFor({ columns, rows }, 'Say {{text}}')).toBe('Say {{text}}');
    expect(templateFor({ columns, rows }, 'Say {{word}}')).toBe('{{text}}');
  });
});
