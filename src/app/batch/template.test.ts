import { describe, expect, it } from 'vitest';
import { columnsIn, compileTemplate } from './template';

const render = (template: string, columns: string[], row: string[]) => compileTemplate(template, columns)(row);

describe('a template', () => {
  it('puts fields where their columns are named, as often as they are', () => {
    expect(render('{{a}} and {{ b }}, {{a}}', ['a', 'b'], ['1', '2'])).toBe('1 and 2, 1');
  });

  it('leaves everything else alone', () => {
    expect(render('{a} {{ } $& {{a}', ['a'], ['1'])).toBe('{a} {{ } $& {{a}');
  });

  it('takes nothing of a field for a template', () => {
    expect(render('{{a}}', ['a', 'b'], ['{{b}} $1 $&', '2'])).toBe('{{b}} $1 $&');
  });

  it('knows columns by any name', () => {
    expect(render('{{__proto__}}{{two words}}', ['two words', '__proto__'], ['x', 'y'])).toBe('yx');
    expect(() => compileTemplate('{{constructor}}', ['a'])).toThrow('constructor');
  });

  it('names the column that is not there, and those that are', () => {
    expect(() => compileTemplate('{{a}} {{A}}', ['a', 'b c'])).toThrow(
      expect.objectContaining({ code: 'bad-request', message: 'There is no column “A”. There is {{a}}, {{b c}}.' }),
    );
  });

  it('tells the columns it asks for', () => {
    expect(columnsIn('{{a}} {{ b }} {{a}} {c}')).toEqual(['a', 'b']);
  });
});
