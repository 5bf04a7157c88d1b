/** What happens to a finished product; the numbers are the constant EPILOGUE of epilogue.wgsl. */
export const Epilogue = { store: 0, add: 1, swiglu: 2, geglu: 3 } as const;

/** Whether a product's weight rows are gates and ups, two for each output. */
export function isGated(epilogue: number): boolean {
  return epilogue === Epilogue.swiglu || epilogue === Epilogue.geglu;
}

/** silu(gate) · up or gelu(gate) · up, as in epilogue.wgsl. */
export function gated(epilogue: number, gate: number, up: number): number {
  const slope = epilogue === Epilogue.geglu ? 2 * Math.sqrt(2 / Math.PI) * (gate + 0.044715 * gate ** 3) : gate;
  return (gate / (1 + Math.exp(-slope))) * up;
}

/** Buffers of activations hold a multiple of so many rows: products take several at a time, and write those that are there. */
export const ROW_MULTIPLE = 4;
