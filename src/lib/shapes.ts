/** Arithmetic on sizes. */

/** ceil(a / b) for non-negative integers. */
export function divideUp(a: number, b: number): number {
  return Math.ceil(a / b);
}

/** The smallest multiple of `step` that is at least `value`. */
export function roundUp(value: number, step: number): number {
  return divideUp(value, step) * step;
}
