/** What happens to a finished product; the numbers are the constant EPILOGUE of epilogue.wgsl. */
export const Epilogue = { store: 0, add: 1, swiglu: 2 } as const;

/** Outputs of one team of LANES threads. */
export function outputsPerTeam(epilogue: number): number {
  return epilogue === Epilogue.swiglu ? 2 : 4;
}

/** silu(gate) · up, as in epilogue.wgsl. */
export function gated(gate: number, up: number): number {
  return (gate / (1 + Math.exp(-gate))) * up;
}

/** Rows of one team of matmul: buffers of activations are written so many at a time, and hold a multiple of it. */
export const ROW_MULTIPLE = 4;
