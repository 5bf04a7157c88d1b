// What the filters and the draw share. Joined after slot-state.wgsl and tile.wgsl by kernels that bind `rows`, `picked`,
// `slots` and `largest`.

// No f32 logits of a language model lie closer together than this temperature tells apart from greedy.
const MIN_TEMPERATURE = 1.0e-6;

const BINS = 256u;
const BINS_PER_UNIT = 8.0;   // of the distance below the likeliest logit

// The row of an output: token, position, slot, place in its run or DEAD_ROW.
fn row_of(output: u32) -> vec4u {
  return rows[picked[output]];
}

// Whether a random number decides this row.
fn is_drawn(row: vec4u) -> bool {
  return row.w != DEAD_ROW && slot_f32(row.z, TEMPERATURE) > 0.0;
}

fn has_top_k(slot: u32) -> bool {
  let k = slot_word(slot, TOP_K);
  return k > 0u && k < VOCAB;
}

fn has_top_p(slot: u32) -> bool {
  return slot_f32(slot, TOP_P) < 1.0;
}

// Whether the row has candidates rather than the whole vocabulary.
fn is_filtered(row: vec4u) -> bool {
  return is_drawn(row) && (has_top_k(row.z) || has_top_p(row.z));
}

// The rank of the row's likeliest token, to every thread.
fn likeliest(output: u32, thread: u32) -> vec2u {
  var first = LAST;
  for (var tile = thread; tile < tiles(); tile += THREADS) {
    first = first_of(largest[output * tiles() + tile], first);
  }
  return first_of_all(first, thread);
}

// How far the logit of `key` lies below that of `top`; finite even where the difference is not.
fn distance_below(top: u32, key: u32) -> f32 {
  return 2.0 * min(0.5 * logit_of(top) - 0.5 * logit_of(key), 1.0e30);
}

// The same in units of the temperature: a token's probability is exp(−this) of the likeliest's.
fn tempered(distance: f32, slot: u32) -> f32 {
  return distance / max(slot_f32(slot, TEMPERATURE), MIN_TEMPERATURE);
}

fn bin_of(distance: f32) -> u32 {
  return min(u32(min(distance * BINS_PER_UNIT, f32(BINS))), BINS - 1u);
}
