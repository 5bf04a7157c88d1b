// Where keys and values lie. A layer has a pool of each; a block table per sequence names its blocks in order.
//
//   pool    [blocks][KV_HEADS] tiles
//   keys    [pieces][32 positions][16 bytes]: neighbouring threads read neighbouring positions; then in INT8 the scales
//   values  [32 positions][HEAD_DIM] numbers, in INT8 padded to 16: neighbouring threads read neighbouring numbers; then too
//   scales  [scale groups][32 positions] f32
//
// F16 has two neighbouring numbers to a word, the first in the low half; F32 a word each. INT8 has four signed bytes to a
// word, the first in the lowest byte: a number is byte / 127 (what `unpack4x8snorm` gives) times the scale of its group, the
// largest magnitude among 32 neighbouring numbers of one position (the last group of a head may be shorter). No word holds
// numbers of two positions; nobody writes the padding, so it stays zero.

override KV_HEADS: u32;
override HEAD_DIM: u32;     // a multiple of 8
override KV_FORMAT: u32;
override TABLE_STRIDE: u32; // blocks a sequence may have

const F16 = 0u;
const F32 = 1u;
const INT8 = 2u;

const BLOCK = 32u;          // positions
const GROUP = 32u;          // numbers that share a scale in INT8

// Groups of one position; the floats have one, whose scale is 1.
fn scale_groups() -> u32 {
  return select(1u, (HEAD_DIM + GROUP - 1u) / GROUP, KV_FORMAT == INT8);
}

// Words of the numbers of one position.
fn position_words() -> u32 {
  if (KV_FORMAT == F32) {
    return HEAD_DIM;
  }
  return select(HEAD_DIM / 2u, (HEAD_DIM + 15u) / 16u * 4u, KV_FORMAT == INT8);
}

// First word of the tile in which position `position` of a sequence lies, for one kv head.
fn tile_word(sequence: u32, position: u32, kv_head: u32) -> u32 {
  let block = tables[sequence * TABLE_STRIDE + position / BLOCK];
  let words = BLOCK * (position_words() + select(0u, scale_groups(), KV_FORMAT == INT8));
  return (block * KV_HEADS + kv_head) * words;
}

// Pieces of 16 bytes that the numbers of one position are.
fn key_pieces() -> u32 {
  return position_words() / 4u;
}

// First word of a piece of the key of the tile's position `position` (0 … 31).
fn key_word(tile: u32, position: u32, piece: u32) -> u32 {
  return tile + 4u * (piece * BLOCK + position);
}

// First word of the value of the tile's position `position` (0 … 31).
fn value_word(tile: u32, position: u32) -> u32 {
  return tile + position * position_words();
}

// Word of a scale of the tile's position `position` (0 … 31), in INT8.
fn scale_word(tile: u32, group: u32, position: u32) -> u32 {
  return tile + BLOCK * position_words() + group * BLOCK + position;
}
