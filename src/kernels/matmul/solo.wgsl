// Where LANES is 1, a thread's share is the whole: no memory is shared, and no thread waits for another.

var<private> kept: array<f32, PRODUCTS>;   // [row][weight row]

fn keep(thread: u32, i: u32, share: f32) {
  kept[i] = share;
}

fn meet() {}

// Product `i` of a thread's team.
fn product(thread: u32, i: u32) -> f32 {
  return kept[i];
}
