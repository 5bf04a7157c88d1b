// Packed weights as the kernels walk them. A row is blocks of weights that share a scale and a bias (of 32 weights, or 16 in
// int8-g16); a block is BLOCK_VECTORS vec4<u32>, and each of them VECTOR_QUADS quads, that is, four consecutive weights.
// The decoder's file gives `quad_of(v, i)`, the i-th quad of the STEP_QUADS that lie in front of a vector, times UNIT still to
// come; `next(v)`, which brings the following ones to the front; and `block_scale(row, block)`: w = scale · q + bias.

override CHUNKS: u32;   // of 32 weights in a row

const BLOCK_QUADS = BLOCK_VECTORS * VECTOR_QUADS;

fn blocks() -> u32 {
  return CHUNKS * 8u / BLOCK_QUADS;
}

// Where in `codes` a block begins.
fn block_at(row: u32, block: u32) -> u32 {
  return BLOCK_VECTORS * (row * blocks() + block);
}
