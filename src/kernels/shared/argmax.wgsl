// What becomes of a head's products where a greedy token is all that is wanted: of each workgroup's outputs the first rank
// (rank.wgsl), in place of the logits. The counterpart of epilogue.wgsl, joined after a `const ROWS`: rows of a workgroup.

override OUTPUTS: u32;       // outputs of this dispatch
override FIRST_ID: u32;      // token id of the first of them
override RANK_STRIDE: u32;   // ranks of a row, a workgroup's each
override RANK_OFFSET: u32;   // where in a row the ranks of this dispatch begin

var<workgroup> best: array<array<vec2u, ROWS>, WORKGROUP>;   // [thread][row]

fn outputs_per_team() -> u32 {
  return 4u;
}

// The four weight rows of the team whose first output is `first`; beyond the last output it repeats itself.
fn weight_rows(first: u32) -> vec4u {
  return min(vec4u(first) + vec4u(0u, 1u, 2u, 3u), vec4u(OUTPUTS - 1u));
}

// The first rank among a team's products.
fn team_rank(first: u32, products: vec4f) -> vec2u {
  var rank = LAST;
  for (var i = 0u; i < min(4u, OUTPUTS - min(first, OUTPUTS)); i++) {
    rank = first_of(vec2u(rank_key(bitcast<u32>(products[i])), FIRST_ID + first + i), rank);
  }
  return rank;
}

// Writes the first of all teams' ranks in `best`, for ROWS rows from `row` on.
fn write_ranks(row: u32, workgroup: u32, thread: u32) {
  workgroupBarrier();
  if (thread >= ROWS || workgroup * (WORKGROUP / LANES) * outputs_per_team() >= OUTPUTS) {
    return;
  }
  var rank = LAST;
  for (var i = 0u; i < WORKGROUP; i += LANES) {
    rank = first_of(best[i][thread], rank);
  }
  ranks[(row + thread) * RANK_STRIDE + RANK_OFFSET + workgroup] = rank;
}
