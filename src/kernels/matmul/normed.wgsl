// The activations of a product of normed rows: x / sqrt(mean(x²) + EPSILON) · gamma (Zhang and Sennrich 2019). What a row is
// divided by comes out of the product, so each thread finds it beside its share of the sums, of the numbers that it reads
// anyway: no dispatch before this one, and none of its threads waits for it. Squares are added as products are: first
// those of a vector, then the vectors of a lane, then the lanes.

@group(0) @binding(4) var<storage, read> gamma: array<vec4f>;   // [8 · CHUNKS], zero beyond the width

override WIDTH: f32;      // numbers in a row
override EPSILON: f32;

fn gamma_at(at: u32) -> vec4f {
  return gamma[at];
}

fn weighted(a: vec4f, gamma: vec4f) -> vec4f {
  return a * gamma;
}

fn add_squares(sum: f32, a: vec4f) -> f32 {
  return fma(a.w, a.w, fma(a.z, a.z, fma(a.y, a.y, fma(a.x, a.x, sum))));
}

// A thread's share of the squares lies behind its shares of the products.
fn keep_squares(thread: u32, row: u32, sum: f32) {
  keep(thread, PRODUCTS + row, sum);
}

// The squares of row `row` of a thread's team, put together as its products are.
fn squares_of(thread: u32, row: u32) -> f32 {
  return sum_of(thread, PRODUCTS + row);
}

fn normed(product: f32, squares: f32) -> f32 {
  return product * (1.0 / sqrt(squares / WIDTH + EPSILON));
}
