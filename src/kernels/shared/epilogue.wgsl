// The outputs of a team, which are threads that multiply TEAM_ROWS weight rows: which rows these are, and what happens to the
// finished products: stored, added to what is there (the residual), or gated (SwiGLU and GEGLU, Shazeer 2020).

override OUTPUTS: u32;     // outputs of this dispatch; gated ones have twice as many weight rows: all gates, then all ups
override EPILOGUE: u32;

const STORE = 0u;
const ADD = 1u;
const SWIGLU = 2u;
const GEGLU = 3u;

fn is_gated() -> bool {
  return EPILOGUE == SWIGLU || EPILOGUE == GEGLU;
}

// Outputs of one team: one for each of its weight rows, or one for each gate and the up that belongs to it.
fn outputs_per_team() -> u32 {
  return select(TEAM_ROWS, TEAM_ROWS / 2u, is_gated());
}

// Outputs among a thread's products: gates and ups are in its first and second half.
fn outputs_per_thread() -> u32 {
  return select(OUTPUTS_PER_THREAD, OUTPUTS_PER_THREAD / 2u, is_gated());
}

// Weight row `i` of the team whose first output is `first`; beyond the last output it repeats the last.
fn weight_row(first: u32, i: u32) -> u32 {
  let outputs = outputs_per_team();
  return min(first + i % outputs, OUTPUTS - 1u) + select(0u, OUTPUTS, i >= outputs);
}

// x · sigmoid(slope) is SiLU with x itself, and GELU in its tanh form (Hendrycks and Gimpel 2016) with
// 2 · sqrt(2 / π) · (x + 0.044715 x³), since (1 + tanh(z)) / 2 = sigmoid(2z).
fn gelu_slope(x: f32) -> f32 {
  return 1.5957691216 * fma(0.044715 * x * x, x, x);
}

// Product `i` of a thread or its team, a gate's where there are gates, to its place in y.
fn finish(at: u32, thread: u32, i: u32) {
  let result = product(thread, i);
  if (EPILOGUE == SWIGLU) {
    y[at] = result / (1.0 + exp(-result)) * product(thread, i + outputs_per_thread());
  } else if (EPILOGUE == GEGLU) {
    y[at] = result / (1.0 + exp(-gelu_slope(result))) * product(thread, i + outputs_per_thread());
  } else if (EPILOGUE == ADD) {
    y[at] += result;
  } else {
    y[at] = result;
  }
}
