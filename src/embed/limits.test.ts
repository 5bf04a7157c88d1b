import { expect, it } from 'vitest';
import { Allowance } from './limits';

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
