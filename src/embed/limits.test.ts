import { expect, it } from 'vitest';
import { Allowance, keepIn } from './limits';

it('gives all at once, then fills evenly, and never beyond', () => {
  let nowMs = 0;
  const allowance = new Allowance(60, 60_000, () => nowMs);
  allowance.spend(60);
  expect([allowance.left, allowance.waitMs]).toEqual([0, 1000]);
  nowMs = 1500;
  expect([allowance.left, allowance.waitMs]).toEqual([1.5, 0]);
  nowMs = 600_000;
  expect(allowance.left).toBe(60);
});

it('fills up what was overdrawn before it gives again', () => {
  let nowMs = 0;
  const allowance = new Allowance(60, 60_000, () => nowMs);
  allowance.spend(90);
  expect([allowance.left, allowance.waitMs]).toEqual([-30, 31_000]);
  nowMs = 31_000;
  expect(allowance.waitMs).toBe(0);
});

it('is one for all frames of a site, also for those that come later', () => {
  const kept = new Map<string, string>();
  const storage = {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => void kept.set(key, value),
  };
  let nowMs = 1000;
  const open = (origin: string) => new Allowance(60, 60_000, () => nowMs, keepIn(storage, origin));
  const first = open('https://a.example');
  const beside = open('https://a.example');
  first.spend(80);
  expect([beside.left, open('https://a.example').left, open('https://b.example').left]).toEqual([-20, -20, 60]);
  nowMs = 31_000;
  beside.spend(1);
  expect(first.left).toBe(9);
  nowMs = 0; // the clock was set back
  expect(first.left).toBe(9);
  nowMs = 2000;
  expect(first.left).toBe(11);
});

it('is whole where nothing can be read', () => {
  const storage = { getItem: () => '{"left": "much"}', setItem() {} };
  expect(new Allowance(60, 60_000, () => 0, keepIn(storage, 'https://a.example')).left).toBe(60);
});
