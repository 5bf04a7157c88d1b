// Thirty-two consecutive numbers of one row as f32: activations, or weights before scale and bias.

struct Chunk {
  v0: vec4f, v1: vec4f, v2: vec4f, v3: vec4f,
  v4: vec4f, v5: vec4f, v6: vec4f, v7: vec4f,
}

fn times(a: Chunk, k: vec4f) -> Chunk {
  return Chunk(a.v0 * k, a.v1 * k, a.v2 * k, a.v3 * k, a.v4 * k, a.v5 * k, a.v6 * k, a.v7 * k);
}
