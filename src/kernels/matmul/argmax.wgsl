// What becomes of a head's products where a greedy token is all that is wanted: of each workgroup's outputs the first rank
// (shared/rank.wgsl), in place of the logits. The counterpart of epilogue.wgsl and store.wgsl.

@group(0) @binding(3) var<storage, read_write> ranks: array<vec2u>;   // [rows][RANK_STRIDE]

override OUTPUTS: u32;       // outputs of this dispatch
override FIRST_ID: u32;      // token id of the first of them
override RANK_STRIDE: u32;   // ranks of a row, a workgroup's each
override RANK_OFFSET: u32;   // where in a row the ranks of this dispatch begin

var<workgroup> best: array<array<vec2u, ROWS_PER_THREAD>, WORKGROUP>;   // [team][row]

fn teams() -> u32 {
  return WORKGROUP / LANES;
}

fn outputs_per_team() -> u32 {
  return OUTPUTS_PER_THREAD;
}

// Weight row `i` of the team whose first output is `first`; beyond the last output it repeats the last.
fn weight_row(first: u32, i: u32) -> u32 {
  return min(first + i, OUTPUTS - 1u);
}

// The first rank among a team's products with one row.
fn team_rank(first: u32, thread: u32, row: u32) -> vec2u {
  var rank = LAST;
  for (var o = 0u; o < min(OUTPUTS_PER_THREAD, OUTPUTS - min(first, OUTPUTS)); o++) {
    let key = rank_key(bitcast<u32>(sum_of(thread, row * OUTPUTS_PER_THREAD + o)));
    rank = first_of(vec2u(key, FIRST_ID + first + o), rank);
  }
  return rank;
}

@compute @workgroup_size(WORKGROUP)
fn main(ids: Ids) {
  let thread = ids.thread;
  let workgroup = ids.workgroup.y * ids.workgroups.x + ids.workgroup.x;
  let first = first_output(workgroup, thread);
  let first_row = ROWS_PER_THREAD * ids.workgroup.z;
  multiply(first_row, first, ids);
  meet();
  for (var i = thread % LANES; i < ROWS_PER_THREAD; i += LANES) {
    best[thread / LANES][i] = team_rank(first, thread, i);
  }
  workgroupBarrier();
  for (var i = thread; i < ROWS_PER_THREAD; i += WORKGROUP) {
    let row = first_row + i;
    if (row >= arrayLength(&ranks) / RANK_STRIDE || workgroup * teams() * OUTPUTS_PER_THREAD >= OUTPUTS) {
      return;
    }
    var rank = LAST;
    for (var team = 0u; team < teams(); team++) {
      rank = first_of(best[team][i], rank);
    }
    ranks[row * RANK_STRIDE + RANK_OFFSET + workgroup] = rank;
  }
}
