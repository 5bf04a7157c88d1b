import { expect, it } from 'vitest';
import { figureOf, mapFigure, noiseOf } from '../lib/figure';
import { interleave } from './rounds';

it('a figure is the median, with an interval that lies around it', () => {
  expect(figureOf([3, 1, 2])).toEqual({ median: 2, low: 1, high: 3 });
  const many = Array.from({ length: 101 }, (_, i) => 100 - i);
  const { median, low, high } = figureOf(many);
  expect(median).toBe(50);
  expect([low, high]).toEqual([40, 60]); // the sign test's 95 % of 101 rounds
});

it('a function that turns the order keeps low below high', () => {
  expect(mapFigure({ median: 2, low: 1, high: 4 }, (value) => 8 / value)).toEqual({ median: 4, low: 2, high: 8 });
  expect(noiseOf({ median: 4, low: 3, high: 5 })).toBe(0.25);
});

it('cases take turns, and the round for warmth is not counted', async () => {
  const order: string[] = [];
  const named = (name: string) => async () => order.push(name);
  const done: number[] = [];
  const times = await interleave({ a: named('a'), b: named('b') }, 2, undefined, (rounds) => done.push(rounds));
  expect(order).toEqual(['a', 'b', 'a', 'b', 'a', 'b']);
  expect(times).toEqual({ a: [3, 5], b: [4, 6] });
  expect(done).toEqual([1, 2, 3]);
});

it('a run that is stopped ends between two cases', async () => {
  const controller = new AbortController();
  const a = async () => {
    controller.abort();
    return 1;
  };
  const b = async () => expect.unreachable();
  await expect(interleave({ a, b }, 3, controller.signal)).rejects.toMatchObject({ name: 'AbortError' });
});
