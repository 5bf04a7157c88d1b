// Products of weights and activations that are both codes. dot-int4.wgsl or dot-int8.wgsl gives the pairs of words.

const CHUNK_PAIRS = 6u;                    // of a chunk of activations: four of codes, two of scale and sums
const VECTOR_PAIRS = VECTOR_QUADS / 2u;

// Eight products more. Integers do not mind the order.
fn add_pair(sum: i32, a: vec2u, b: vec2u) -> i32 {
  return sum + dot4I8Packed(a.x, b.x) + dot4I8Packed(a.y, b.y);
}

// What a vector's products add to a sum: activations' scale · (weights' scale · products + weights' bias · total of codes).
fn add_dot(sum: f32, dot: i32, weights: vec2f, activations: vec2f) -> f32 {
  return fma(activations.x, fma(weights.x, f32(dot), weights.y * activations.y), sum);
}
