import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { endsOf, Pace } from './pace';

const WORK = 2 ** 22;

describe('Pace', () => {
  it('takes a device that has run nothing for a small one: short steps are whole, a long one is cut', () => {
    const pace = new Pace(25);
    expect(pace.pieces(1e8)).toBe(1);
    expect(pace.pieces(1e11)).toBe(40);
  });

  it('cuts by what steps have taken, each from when the one before it was done', () => {
    const pace = new Pace(25);
    pace.learn(WORK, 1000, 1100);
    expect(pace.pieces(WORK)).toBe(4);
    for (let step = 1; step <= 40; step++) pace.learn(WORK, 1000, 1100 + 60 * step); // all submitted long before
    expect(pace.pieces(WORK)).toBe(3);
    for (let step = 1; step <= 40; step++) pace.learn(WORK, 10_000 * step, 10_000 * step + 3); // each after a pause
    expect(pace.pieces(WORK)).toBe(1);
  });

  it('leaves a step whole that is little longer than a piece', () => {
    const pace = new Pace(25);
    pace.learn(WORK, 0, 37);
    expect(pace.pieces(WORK)).toBe(1);
    pace.learn(WORK, 1000, 1045);
    expect(pace.pieces(WORK)).toBe(2);
  });

  it('knows steps of other work by those nearest to it', () => {
    const pace = new Pace(32);
    pace.learn(WORK, 0, 40); // decode of one row: it reads weights
    expect(pace.pieces(100 * WORK)).toBe(125);
    pace.learn(64 * WORK, 1000, 1256); // a chunk of a prompt: it multiplies
    expect(pace.pieces(100 * WORK)).toBe(13);
    expect(pace.pieces(WORK)).toBe(1);
  });

  it('takes nothing from a clock that has not moved', () => {
    const pace = new Pace(25);
    pace.learn(WORK, 0, 100);
    pace.learn(WORK, 50, 100);
    expect(pace.pieces(WORK)).toBe(4);
  });

  it.each([
    [0, Infinity],
    [Infinity, 1],
  ])('with pieces of %d ms has %d of them', (submitMs, pieces) => {
    const pace = new Pace(submitMs);
    expect(pace.pieces(WORK)).toBe(pieces);
    pace.learn(WORK, 0, 1e4);
    expect(pace.pieces(WORK)).toBe(pieces);
  });
});

describe('endsOf', () => {
  it('cuts at equal shares of the work', () => {
    expect(endsOf([1, 1, 1, 1, 1, 1], 3)).toEqual([2, 4, 6]);
    expect(endsOf([1, 8, 1, 8, 1, 8], 3)).toEqual([2, 4, 6]);
    expect(endsOf([1, 1, 10], 1)).toEqual([3]);
    expect(endsOf([5, 1, 1], Infinity)).toEqual([1, 2, 3]);
    expect(endsOf([], 2)).toEqual([0]);
  });

  it('leaves out no dispatch, and no piece is empty or longer than a share and a dispatch', () => {
    const works = fc.array(fc.integer({ min: 1, max: 1000 }), { minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(works, fc.integer({ min: 1, max: 50 }), (list, pieces) => {
        const ends = endsOf(list, pieces);
        expect(ends.length).toBeLessThanOrEqual(pieces);
        expect(ends.at(-1)).toBe(list.length);
        const sum = (from: number, to: number) => list.slice(from, to).reduce((a, b) => a + b, 0);
        const most = sum(0, list.length) / Math.min(pieces, list.length) + Math.max(...list);
        ends.forEach((end, i) => {
          expect(end).toBeGreaterThan(ends[i - 1] ?? 0);
          expect(sum(ends[i - 1] ?? 0, end)).toBeLessThanOrEqual(most + 1e-6);
        });
      }),
    );
  });
});
