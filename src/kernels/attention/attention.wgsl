// Causal attention of one query head of one row over its sequence's blocks, with a running softmax (Milakov and
// Gimelshein 2018; Dao et al. 2022). A tile is one block: a thread scores one of its 32 positions, then gathers its
// share of the head's numbers. Keys and values are read as stored, also those of the row's own chunk. With a window the walk
// begins at the block of the first position seen; the blocks before it are kept, but not read.

@group(0) @binding(0) var<storage, read> qkv: array<f32>;          // [rows][QKV_STRIDE]: rotated queries first
@group(0) @binding(1) var<storage, read> rows: array<vec4u>;       // [rows]: token, position, sequence, unused
@group(0) @binding(2) var<storage, read> tables: array<u32>;       // [sequences][TABLE_STRIDE]
@group(0) @binding(3) var<storage, read> keys: array<vec4u>;       // a pool
@group(0) @binding(4) var<storage, read> values: array<u32>;       // a pool
@group(0) @binding(5) var<storage, read_write> y: array<f32>;      // [rows][Y_STRIDE]

override Q_HEADS: u32;
override QKV_STRIDE: u32;
override Y_STRIDE: u32;
override SCALE: f32;      // of the scores, usually 1 / sqrt(HEAD_DIM)
override SOFT_CAP: f32;   // 0: none
override WINDOW: u32;     // positions a row sees, its own the last; 0: all before it

const WORKGROUP = BLOCK;
const PAIRS_PER_THREAD = 4u;   // heads of up to 256 numbers
const MASKED = -3.0e38;

var<workgroup> length: u32;                               // positions up to this row's own
var<workgroup> query: array<vec4f, (HEAD_DIM + 8) / 4>;   // scaled; what meets the padding of a key stays zero
var<workgroup> scores: array<f32, BLOCK>;                 // of this tile
var<workgroup> shares: array<f32, BLOCK>;                 // exp(score − running maximum)
var<workgroup> weights: array<f32, HEAD_DIM + BLOCK>;     // [scale groups][32 positions]: share · scale of the value

// Numbers 8 · eight … 8 · eight + 7 of the key that begins at `word`, times those of the query.
fn float_products(word: u32, eight: u32, sum: vec4f) -> vec4f {
  var first: vec4f;
  var second: vec4f;
  if (KV_FORMAT == F32) {
    let at = word / 4u + 2u * eight;
    first = bitcast<vec4f>(keys[at]);
    second = bitcast<vec4f>(keys[at + 1u]);
  } else {
    let halves = keys[word / 4u + eight];
    first = vec4f(unpack2x16float(halves.x), unpack2x16float(halves.y));
    second = vec4f(unpack2x16float(halves.z), unpack2x16float(halves.w));
  }
  return fma(query[2u * eight + 1u], second, fma(query[2u * eight], first, sum));
}

// Codes 16 · sixteen … 16 · sixteen + 15 of the INT8 key that begins at `word`, times those numbers of the query.
fn code_products(word: u32, sixteen: u32, sum: vec4f) -> vec4f {
  let codes = keys[word / 4u + sixteen];
  let i = 4u * sixteen;
  let low = fma(query[i + 1u], unpack4x8snorm(codes.y), fma(query[i], unpack4x8snorm(codes.x), sum));
  return fma(query[i + 3u], unpack4x8snorm(codes.w), fma(query[i + 2u], unpack4x8snorm(codes.z), low));
}

// The query's product with the key of the tile's position `position`.
fn score(tile: u32, position: u32) -> f32 {
  let word = numbers_word(tile, position);
  var sum = vec4f();
  if (KV_FORMAT == INT8) {
    for (var group = 0u; group < scale_groups(); group++) {
      var dot = vec4f();
      for (var i = 2u * group; i < min(2u * group + 2u, (HEAD_DIM + 15u) / 16u); i++) {
        dot = code_products(word, i, dot);
      }
      let scale = scale_word(tile, group, position);
      sum = fma(vec4f(bitcast<f32>(keys[scale / 4u][scale % 4u])), dot, sum);
    }
  } else {
    for (var i = 0u; i < HEAD_DIM / 8u; i++) {
      sum = float_products(word, i, sum);
    }
  }
  return (sum.x + sum.y) + (sum.z + sum.w);
}

fn value_scale(tile: u32, group: u32, position: u32) -> f32 {
  if (KV_FORMAT == INT8) {
    return bitcast<f32>(values[scale_word(tile, group, position)]);
  }
  return 1.0;
}

// Numbers 2 · pair and 2 · pair + 1 of the value of the tile's position `position`; INT8 still without scale.
fn value_pair(tile: u32, position: u32, pair: u32) -> vec2f {
  let word = numbers_word(tile, position);
  if (KV_FORMAT == F32) {
    return bitcast<vec2f>(vec2u(values[word + 2u * pair], values[word + 2u * pair + 1u]));
  }
  if (KV_FORMAT == F16) {
    return unpack2x16float(values[word + pair]);
  }
  return unpack4x8snorm(values[word + pair / 2u] >> (16u * (pair % 2u))).xy;
}

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) thread: u32) {
  let head = workgroup.x;
  let row = rows[workgroup.z];
  let pairs = HEAD_DIM / 2u;
  let kv_head = head / (Q_HEADS / KV_HEADS);
  if (thread == 0u) {
    length = row.y + 1u;
  }
  for (var i = thread; i < HEAD_DIM / 4u; i += WORKGROUP) {
    let at = workgroup.z * QKV_STRIDE + head * HEAD_DIM + 4u * i;
    query[i] = SCALE * vec4f(qkv[at], qkv[at + 1u], qkv[at + 2u], qkv[at + 3u]);
  }
  let seen = workgroupUniformLoad(&length);   // a barrier as well: `query` is whole now

  var sums: array<vec2f, PAIRS_PER_THREAD>;
  var total = 0.0;                            // of the shares
  var maximum = MASKED;
  let first = select(0u, seen - min(seen, WINDOW), WINDOW > 0u);   // position this row sees
  for (var block = first / BLOCK; block * BLOCK < seen; block++) {
    let tile = tile_word(row.z, block * BLOCK, kv_head);
    let position = block * BLOCK + thread;
    var own = score(tile, thread);
    if (SOFT_CAP > 0.0) {
      own = soft_cap(own, SOFT_CAP);
    }
    scores[thread] = select(MASKED, own, position >= first && position < seen);
    workgroupBarrier();

    var higher = maximum;
    for (var i = 0u; i < BLOCK; i++) {
      higher = max(higher, scores[i]);
    }
    let share = exp(scores[thread] - higher);
    shares[thread] = share;
    for (var group = 0u; group < scale_groups(); group++) {
      weights[group * BLOCK + thread] = share * value_scale(tile, group, thread);
    }
    workgroupBarrier();

    let fade = exp(maximum - higher);
    maximum = higher;
    total *= fade;
    for (var i = 0u; i < BLOCK; i++) {
      total += shares[i];
    }
    for (var k = 0u; k < PAIRS_PER_THREAD; k++) {
      let pair = thread + k * WORKGROUP;
      if (pair < pairs) {
        let scaled = select(0u, 2u * pair / GROUP * BLOCK, KV_FORMAT == INT8);
        var sum = fade * sums[k];
        for (var i = 0u; i < BLOCK; i++) {
          sum = fma(vec2f(weights[scaled + i]), value_pair(tile, i, pair), sum);
        }
        sums[k] = sum;
      }
    }
  }
  for (var k = 0u; k < PAIRS_PER_THREAD; k++) {
    let pair = thread + k * WORKGROUP;
    if (pair < pairs) {
      let at = workgroup.z * Y_STRIDE + head * HEAD_DIM + 2u * pair;
      let number = sums[k] / total;
      y[at] = number.x;
      y[at + 1u] = number.y;
    }
  }
}
