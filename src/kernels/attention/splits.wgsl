// Splits of a sequence's positions, and what is known of a query after one of them: joined to `attention` and `merge-splits`.
// Partial results lie as [rows][Q_HEADS][SPLITS] of HEAD_DIM sums and a vector (total, maximum, 0, 0).

override WINDOW: u32;   // positions a row sees, its own the last; 0: all before it
override SPLITS: u32;   // for which there is room in the partial results; 0: they are merged at once

const SPLIT_BLOCKS = 8u;
const SPLIT = SPLIT_BLOCKS * BLOCK;   // positions

struct Partial {
  sum: vec4f,      // four numbers of Σ share · value
  total: f32,      // Σ share
  maximum: f32,    // of the scores, which the shares are relative to
}

fn nothing() -> Partial {
  return Partial(vec4f(), 0.0, -3.0e38);
}

// What is known after one more split.
fn merge(before: Partial, split: Partial) -> Partial {
  let maximum = max(before.maximum, split.maximum);
  let fade = exp(before.maximum - maximum);
  let share = exp(split.maximum - maximum);
  return Partial(
    fma(vec4f(share), split.sum, fade * before.sum),
    fma(share, split.total, fade * before.total),
    maximum,
  );
}

// The first position that a row at `position` sees.
fn first_seen(position: u32) -> u32 {
  return select(0u, position + 1u - min(position + 1u, WINDOW), WINDOW > 0u);
}

// Where the partial result of a row's head after split `split` begins, in vectors.
fn partial_at(row: u32, head: u32, split: u32) -> u32 {
  return ((row * Q_HEADS + head) * SPLITS + split) * (HEAD_DIM / 4u + 1u);
}
