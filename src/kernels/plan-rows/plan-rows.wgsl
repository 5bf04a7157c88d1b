// The rows of a forward: first ROWS_PER_SEQUENCE rows of each sequence that goes on, then the prefilled positions. A row's
// place counts the rows of its run, from any number on: rows of a sequence whose positions and places follow each other may
// be computed together.

@group(0) @binding(0) var<storage, read> plan: array<vec2u>;          // [0]: sequences, prefilled positions; then per
                                                                      // sequence (slot, 0), then per position (slot, it)
@group(0) @binding(1) var<storage, read> slots: array<u32>;           // [slots][SLOT_WORDS]
@group(0) @binding(2) var<storage, read> tokens: array<u32>;          // [slots][TOKENS_STRIDE]
@group(0) @binding(3) var<storage, read_write> rows: array<vec4u>;    // [rows]: token, position, slot, place

override ROWS_PER_SEQUENCE: u32;
override FIRST: u32;           // position of a sequence's first row, from length − 2 on
override TOKENS_STRIDE: u32;   // positions of the context
override NULL_SLOT: u32;

const WORKGROUP = 64u;

// A row at `position` draws the token after it, so the last one whose draw counts lies two before the limit.
fn is_live(slot: u32, position: u32) -> bool {
  return slot_word(slot, FINISHED) == 0u && position + 1u < slot_word(slot, LIMIT);
}

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let row = id.x;
  let sequences = plan[0].x;
  let going_on = sequences * ROWS_PER_SEQUENCE;
  if (row >= going_on + plan[0].y) {
    return;
  }
  var slot: u32;
  var position: u32;
  var place: u32;
  var live = true;
  if (row < going_on) {
    slot = plan[1u + row / ROWS_PER_SEQUENCE].x;
    place = row % ROWS_PER_SEQUENCE;
    let ahead = slot_word(slot, LENGTH) + FIRST + place;
    position = max(ahead, 2u) - 2u;
    live = ahead >= 2u && is_live(slot, position) && tokens[slot * TOKENS_STRIDE + position] != NO_TOKEN;
  } else {
    let entry = plan[1u + sequences + row - going_on];
    slot = entry.x;
    position = entry.y;
    place = position;
  }
  if (live) {
    rows[row] = vec4u(tokens[slot * TOKENS_STRIDE + position], position, slot, place);
  } else {
    rows[row] = vec4u(0u, 0u, NULL_SLOT, DEAD_ROW);
  }
}
