// Where keys and values lie: a pool per layer, [block][kv head][32 positions][HEAD_DIM], two neighbouring numbers to a
// word as f16 halves, or a word each as f32. A block table per sequence names its blocks in order.

override KV_HEADS: u32;
override HEAD_DIM: u32;     // a multiple of 8
override KV_F32: u32;       // 1: numbers are f32; 0: f16
override TABLE_STRIDE: u32; // blocks a sequence may have

const BLOCK = 32u;          // positions

// Pairs of numbers of one position of one head.
fn pairs_per_position() -> u32 {
  return HEAD_DIM / 2u;
}

// Index of the first pair of position `position` of a sequence, for one kv head.
fn pair_index(sequence: u32, position: u32, kv_head: u32) -> u32 {
  let block = tables[sequence * TABLE_STRIDE + position / BLOCK];
  return ((block * KV_HEADS + kv_head) * BLOCK + position % BLOCK) * pairs_per_position();
}
