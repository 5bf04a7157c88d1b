// The shares of a team's LANES threads, put together in the order of the lanes.

var<workgroup> kept: array<array<f32, KEPT>, WORKGROUP>;   // [thread]: [row][weight row], then [row] of squares

fn keep(thread: u32, i: u32, share: f32) {
  kept[thread][i] = share;
}

fn meet() {
  workgroupBarrier();
}

// Sum `i` of a thread's team.
fn sum_of(thread: u32, i: u32) -> f32 {
  let first = thread - thread % LANES;
  var sum = kept[first][i];
  for (var lane = 1u; lane < LANES; lane++) {
    sum += kept[first + lane][i];
  }
  return sum;
}
