import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { StopMatcher } from './stop';

/** Pushes the pieces until a stop string is complete; everything that was shown, and after which piece it ended. */
function run(stops: string[], pieces: string[]): { shown: string; stopped: boolean; pieces: number } {
  const matcher = new StopMatcher(stops);
  let shown = '';
  for (const [i, piece] of pieces.entries()) {
    const { emit, stopped } = matcher.push(piece);
    shown += emit;
    if (stopped) return { shown, stopped, pieces: i + 1 };
  }
  return { shown: shown + matcher.flush(), stopped: false, pieces: pieces.length };
}

describe('StopMatcher', () => {
  test('holds back only what may begin a stop string', () => {
    const matcher = new StopMatcher(['\nUser:', 'END']);
    expect(matcher.push('Hi E')).toEqual({ emit: 'Hi ', stopped: false });
    expect(matcher.push('mma')).toEqual({ emit: 'Emma', stopped: false });
    expect(matcher.push('\nUse')).toEqual({ emit: '', stopped: false });
    expect(matcher.push('ful')).toEqual({ emit: '\nUseful', stopped: false });
    expect(matcher.push(' END of it')).toEqual({ emit: ' ', stopped: true });
    expect(matcher.flush()).toBe('');
  });

  test('gives back what it held when the text ends', () => {
    expect(run(['END'], ['the EN'])).toEqual({ shown: 'the EN', stopped: false, pieces: 1 });
  });

  test('passes everything at once when there is nothing to stop at', () => {
    expect(new StopMatcher([]).push('text')).toEqual({ emit: 'text', stopped: false });
  });

  test('a failed beginning may hide another one', () => {
    expect(run(['aab'], ['aa', 'aab', 'x'])).toEqual({ shown: 'aa', stopped: true, pieces: 2 });
  });

  test('the string complete first wins; of those complete together the longest', () => {
    expect(run(['abcd', 'bc'], ['abcd']).shown).toBe('a');
    expect(run(['c', 'abc'], ['xabc']).shown).toBe('x');
  });

  test('equals a search in the whole text, however it is cut, and stops with the piece that completes the string', () => {
    const text = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), maxLength: 40 });
    const stops = fc.array(fc.string({ unit: fc.constantFrom('a', 'b', 'c'), minLength: 1, maxLength: 5 }), {
      maxLength: 3,
    });
    fc.assert(
      fc.property(stops, fc.array(text, { maxLength: 8 }), (stops, pieces) => {
        const whole = pieces.join('');
        const matches = stops
          .map((stop) => ({ start: whole.indexOf(stop), end: whole.indexOf(stop) + stop.length }))
          .filter(({ start }) => start >= 0)
          .toSorted((a, b) => a.end - b.end || a.start - b.start);
        const first = matches[0];
        const actual = run(stops, pieces);
        expect(actual.stopped).toBe(first !== undefined);
        expect(actual.shown).toBe(whole.slice(0, first?.start));
        if (first) {
          expect(pieces.slice(0, actual.pieces).join('').length).toBeGreaterThanOrEqual(first.end);
          expect(pieces.slice(0, actual.pieces - 1).join('').length).toBeLessThan(first.end);
        }
      }),
      { numRuns: 20 * (fc.readConfigureGlobal().numRuns ?? 100) },
    );
  });

  test('never holds more than the longest stop string less one, and only a beginning of one', () => {
    const letters = fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 20 });
    fc.assert(
      fc.property(letters, letters, (stop, text) => {
        const matcher = new StopMatcher([`${stop}b`]);
        const { stopped } = matcher.push(text);
        const held = matcher.flush();
        expect(stopped || (held.length <= stop.length && stop.startsWith(held) && text.endsWith(held))).toBe(true);
      }),
    );
  });
});
