// Where LANES is 1, a thread's share is the whole: no memory is shared, and no thread waits for another.

var<private> kept: array<f32, KEPT>;   // [row][weight row], then [row] of squares

fn keep(thread: u32, i: u32, share: f32) {
  kept[i] = share;
}

fn meet() {}

// Sum `i` of a thread's team.
fn sum_of(thread: u32, i: u32) -> f32 {
  return kept[i];
}
