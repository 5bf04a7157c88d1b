// Packed weights as the kernels walk them. A row is vec4<u32>s that lie one after another, and each of them VECTOR_QUADS quads,
// that is, four consecutive weights. The decoder's file gives `quad_of(v, i)`, the i-th of the STEP_QUADS quads that lie in
// front of a vector, with UNIT still to be multiplied by, and `next(v)`, which brings the following ones to the front.
// scales.wgsl or floats.wgsl gives `scale_of(row, vector)`: w = scale.x · q + scale.y.

override CHUNKS: u32;   // of 32 weights in a row

// Vectors of a row.
fn vectors() -> u32 {
  return CHUNKS * 8u / VECTOR_QUADS;
}
