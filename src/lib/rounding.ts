/** Rounding as IEEE 754 and WGSL do it by default. */

/** The nearest integer, the even one of two equally near. */
export function roundTiesEven(value: number): number {
  const below = Math.floor(value);
  const rest = value - below;
  if (rest !== 0.5) return rest < 0.5 ? below : below + 1;
  return below % 2 === 0 ? below : below + 1;
}
