// The product of a chunk of weights with a chunk of activations. The order of these additions is the numerics class:
// every kernel that multiplies by weights adds in this order, so a row's result does not depend on the rows beside it.

fn load_chunk(at: u32) -> Chunk {
  return Chunk(x[at], x[at + 1u], x[at + 2u], x[at + 3u], x[at + 4u], x[at + 5u], x[at + 6u], x[at + 7u]);
}

fn dot_chunk(a: Chunk, b: Chunk) -> vec4f {
  let low = fma(a.v3, b.v3, fma(a.v2, b.v2, fma(a.v1, b.v1, a.v0 * b.v0)));
  return fma(a.v7, b.v7, fma(a.v6, b.v6, fma(a.v5, b.v5, fma(a.v4, b.v4, low))));
}

fn sum_chunk(a: Chunk) -> vec4f {
  return ((a.v0 + a.v1) + (a.v2 + a.v3)) + ((a.v4 + a.v5) + (a.v6 + a.v7));
}

// sum + scale · dot + bias · total, where total is the sum of the chunk's activations.
fn accumulate(scale: vec2f, dot: vec4f, total: vec4f, sum: vec4f) -> vec4f {
  return fma(vec4f(scale.x), dot, fma(vec4f(scale.y), total, sum));
}
