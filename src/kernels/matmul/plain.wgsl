// The activations of a product as they lie in x. The counterpart of normed.wgsl.

fn gamma_at(at: u32) -> vec4f {
  return vec4f();
}

fn weighted(a: vec4f, gamma: vec4f) -> vec4f {
  return a;
}

fn add_squares(sum: f32, a: vec4f) -> f32 {
  return sum;
}

fn keep_squares(thread: u32, row: u32, sum: f32) {}

fn squares_of(thread: u32, row: u32) -> f32 {
  return 0.0;
}

fn normed(product: f32, squares: f32) -> f32 {
  return product;
}
