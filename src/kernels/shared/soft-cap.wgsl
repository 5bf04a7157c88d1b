// cap · tanh(x / cap), which is x for small x and never leaves −cap … cap. Written with exp, whose error in f32 is far below
// that of WGSL's tanh; beyond 20 caps tanh is 1.

fn soft_cap(x: f32, cap: f32) -> f32 {
  let z = clamp(x / cap, -20.0, 20.0);
  return cap * (1.0 - 2.0 / (exp(2.0 * z) + 1.0));
}
