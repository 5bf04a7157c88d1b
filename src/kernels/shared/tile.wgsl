// A vocabulary in tiles: each workgroup has TILE consecutive ids, a thread four at a time. And what a workgroup of THREADS
// threads finds together: the first of its ranks, the sum of its numbers. Both add and compare in one fixed order.

override VOCAB: u32;          // ids
override LOGIT_STRIDE: u32;   // numbers in a row of logits, a multiple of 32

const THREADS = 256u;
const GROUP = 16u;                 // threads whose findings one thread puts together
const QUADS_PER_THREAD = 4u;
const TILE = 4u * QUADS_PER_THREAD * THREADS;

var<workgroup> firsts: array<vec2u, THREADS>;
var<workgroup> numbers: array<f32, THREADS>;

fn tiles() -> u32 {
  return (VOCAB + TILE - 1u) / TILE;
}

// The first id of a thread's quad `k`; its four ids may lie beyond the vocabulary.
fn quad_id(tile: u32, k: u32, thread: u32) -> u32 {
  return tile * TILE + 4u * (k * THREADS + thread);
}

// The first of all threads' ranks, to every thread.
fn first_of_all(mine: vec2u, thread: u32) -> vec2u {
  workgroupBarrier();
  firsts[thread] = mine;
  workgroupBarrier();
  if (thread % GROUP == 0u) {
    var first = mine;
    for (var i = 1u; i < GROUP; i++) {
      first = first_of(first, firsts[thread + i]);
    }
    firsts[thread] = first;
  }
  workgroupBarrier();
  var first = LAST;
  for (var i = 0u; i < THREADS; i += GROUP) {
    first = first_of(first, firsts[i]);
  }
  return first;
}

// The sum of all threads' numbers, to every thread.
fn sum_of_all(mine: f32, thread: u32) -> f32 {
  workgroupBarrier();
  numbers[thread] = mine;
  workgroupBarrier();
  if (thread % GROUP == 0u) {
    var sum = mine;
    for (var i = 1u; i < GROUP; i++) {
      sum += numbers[thread + i];
    }
    numbers[thread] = sum;
  }
  workgroupBarrier();
  var sum = 0.0;
  for (var i = 0u; i < THREADS; i += GROUP) {
    sum += numbers[i];
  }
  return sum;
}
