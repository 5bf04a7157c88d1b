// What both kernels of the log-probabilities know of a row.

const MAX_ALTERNATIVES = 20u;

fn row_of(output: u32) -> vec4u {
  return rows[picked[output]];
}

fn wants_logprobs(row: vec4u) -> bool {
  return row.w != DEAD_ROW && slot_word(row.z, LOGPROBS) > 0u;
}

// How many alternatives the row asks for, where it asks at all.
fn alternatives(row: vec4u) -> u32 {
  return min(slot_word(row.z, LOGPROBS) - 1u, min(MAX_ALTERNATIVES, VOCAB));
}
