/**
 * Angles of rotary position embeddings (RoPE, Su et al. 2021), computed here in f64: f32 sine and cosine of large angles
 * are inexact on many GPUs.
 */

/** @returns cos and sin of position · theta^(−2i / headDim): [positions][headDim / 2][2]. */
export function rotationTable(headDim: number, theta: number, positions: number): Float32Array<ArrayBuffer> {
  const half = headDim / 2;
  const table = new Float32Array(positions * headDim);
  for (let i = 0; i < half; i++) {
    const frequency = theta ** ((-2 * i) / headDim);
    for (let position = 0; position < positions; position++) {
      table[2 * (position * half + i)] = Math.cos(position * frequency);
      table[2 * (position * half + i) + 1] = Math.sin(position * frequency);
    }
  }
  return table;
}
