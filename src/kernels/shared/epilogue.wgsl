// The outputs of a team of LANES threads: which weight rows they need, and what happens to the finished products: stored,
// added to what is there (the residual), or gated (SwiGLU and GEGLU, Shazeer 2020).

override OUTPUTS: u32;     // outputs of this dispatch; gated ones have twice as many weight rows: all gates, then all ups
override EPILOGUE: u32;

const STORE = 0u;
const ADD = 1u;
const SWIGLU = 2u;
const GEGLU = 3u;

fn is_gated() -> bool {
  return EPILOGUE == SWIGLU || EPILOGUE == GEGLU;
}

// Outputs of one team: four, or two gates and the two ups that belong to them.
fn outputs_per_team() -> u32 {
  return select(4u, 2u, is_gated());
}

// The four weight rows of the team whose first output is `first`; beyond the last output it repeats itself.
fn weight_rows(first: u32) -> vec4u {
  let last = vec4u(OUTPUTS - 1u);
  if (is_gated()) {
    return min(vec4u(first) + vec4u(0u, 1u, 0u, 1u), last) + vec4u(0u, 0u, OUTPUTS, OUTPUTS);
  }
  return min(vec4u(first) + vec4u(0u, 1u, 2u, 3u), last);
}

// The activation is x · sigmoid(slope): SiLU with x itself, GELU in its tanh form (Hendrycks and Gimpel 2016) with
// 2 · sqrt(2 / π) · (x + 0.044715 x³), since (1 + tanh(z)) / 2 = sigmoid(2z).
fn gelu_slope(x: vec4f) -> vec4f {
  return 1.5957691216 * fma(0.044715 * x * x, x, x);
}

// One row's products for the four weight rows, into y from `at` on.
fn finish(at: u32, first: u32, products: vec4f) {
  var results = products;
  if (EPILOGUE == SWIGLU) {
    results = products / (1.0 + exp(-products)) * products.zwzw;   // silu(gate) · up
  } else if (EPILOGUE == GEGLU) {
    results = products / (1.0 + exp(-gelu_slope(products))) * products.zwzw;   // gelu(gate) · up
  }
  for (var i = 0u; i < min(outputs_per_team(), OUTPUTS - min(first, OUTPUTS)); i++) {
    if (EPILOGUE == ADD) {
      y[at + i] += results[i];
    } else {
      y[at + i] = results[i];
    }
  }
}
