/** cap · tanh(x / cap), as in soft-cap.wgsl. */
export function softCapped(x: number, cap: number): number {
  return cap * Math.tanh(x / cap);
}
