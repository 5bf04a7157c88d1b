// The outputs of a team of LANES threads: which weight rows they need, and what happens to the finished products: stored,
// added to what is there (the residual), or gated (SwiGLU, Shazeer 2020).

override OUTPUTS: u32;     // outputs of this dispatch; SWIGLU has twice as many weight rows: all gates, then all ups
override EPILOGUE: u32;

const STORE = 0u;
const ADD = 1u;
const SWIGLU = 2u;

// Outputs of one team: four, or two gates and the two ups that belong to them.
fn outputs_per_team() -> u32 {
  return select(4u, 2u, EPILOGUE == SWIGLU);
}

// The four weight rows of the team whose first output is `first`; beyond the last output it repeats itself.
fn weight_rows(first: u32) -> vec4u {
  let last = vec4u(OUTPUTS - 1u);
  if (EPILOGUE == SWIGLU) {
    return min(vec4u(first) + vec4u(0u, 1u, 0u, 1u), last) + vec4u(0u, 0u, OUTPUTS, OUTPUTS);
  }
  return min(vec4u(first) + vec4u(0u, 1u, 2u, 3u), last);
}

// One row's products for the four weight rows, into y from `at` on.
fn finish(at: u32, first: u32, products: vec4f) {
  var results = products;
  if (EPILOGUE == SWIGLU) {
    results = products / (1.0 + exp(-products)) * products.zwzw;   // silu(gate) · up
  }
  for (var i = 0u; i < min(outputs_per_team(), OUTPUTS - min(first, OUTPUTS)); i++) {
    if (EPILOGUE == ADD) {
      y[at + i] += results[i];
    } else {
      y[at + i] = results[i];
    }
  }
}
