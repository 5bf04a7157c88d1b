// Causal attention of one query head of one row over its sequence's blocks, with a running softmax (Milakov and
// Gimelshein 2018; Dao et al. 2022). A tile is one block: a thread scores one of its 32 positions, then gathers its
// share of the head's numbers. Keys and values are read as stored, also those of the row's own chunk.

@group(0) @binding(0) var<storage, read> qkv: array<f32>;          // [rows][QKV_STRIDE]: rotated queries first
@group(0) @binding(1) var<storage, read> rows: array<vec4u>;       // [rows]: token, position, sequence, unused
@group(0) @binding(2) var<storage, read> tables: array<u32>;       // [sequences][TABLE_STRIDE]
@group(0) @binding(3) var<storage, read> keys: array<vec4u>;       // [blocks][KV_HEADS][32][HEAD_DIM]
@group(0) @binding(4) var<storage, read> values: array<u32>;       // [blocks][KV_HEADS][32][HEAD_DIM]
@group(0) @binding(5) var<storage, read_write> y: array<f32>;      // [rows][Y_STRIDE]

override Q_HEADS: u32;
override QKV_STRIDE: u32;
override Y_STRIDE: u32;
override SCALE: f32;   // of the scores, usually 1 / sqrt(HEAD_DIM)

const WORKGROUP = BLOCK;
const PAIRS_PER_THREAD = 4u;   // heads of up to 256 numbers
const MASKED = -3.0e38;

var<workgroup> length: u32;                        // positions this row sees
var<workgroup> query: array<vec4f, HEAD_DIM / 4>;  // scaled
var<workgroup> scores: array<f32, BLOCK>;          // of this tile
var<workgroup> shares: array<f32, BLOCK>;          // exp(score − running maximum)

// Eight numbers of a key, the first of them in pair `pair`, times the numbers of the query from query[i] on.
fn products(pair: u32, i: u32, sum: vec4f) -> vec4f {
  var first: vec4f;
  var second: vec4f;
  if (KV_F32 == 1u) {
    first = bitcast<vec4f>(keys[pair / 2u]);
    second = bitcast<vec4f>(keys[pair / 2u + 1u]);
  } else {
    let halves = keys[pair / 4u];
    first = vec4f(unpack2x16float(halves.x), unpack2x16float(halves.y));
    second = vec4f(unpack2x16float(halves.z), unpack2x16float(halves.w));
  }
  return fma(query[i + 1u], second, fma(query[i], first, sum));
}

fn value_pair(pair: u32) -> vec2f {
  if (KV_F32 == 1u) {
    return bitcast<vec2f>(vec2u(values[2u * pair], values[2u * pair + 1u]));
  }
  return unpack2x16float(values[pair]);
}

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) thread: u32) {
  let head = workgroup.x;
  let row = rows[workgroup.z];
  let pairs = pairs_per_position();
  let kv_head = head / (Q_HEADS / KV_HEADS);
  if (thread == 0u) {
    length = row.y + 1u;
  }
  for (var i = thread; i < HEAD_DIM / 4u; i += WORKGROUP) {
    let at = workgroup.z * QKV_STRIDE + head * HEAD_DIM + 4u * i;
    query[i] = SCALE * vec4f(qkv[at], qkv[at + 1u], qkv[at + 2u], qkv[at + 3u]);
  }
  let seen = workgroupUniformLoad(&length);   // a barrier as well: `query` is whole now

  var sums: array<vec3f, PAIRS_PER_THREAD>;
  var maximum = MASKED;
  for (var tile = 0u; tile * BLOCK < seen; tile++) {
    let base = pair_index(row.z, tile * BLOCK, kv_head);
    var score = vec4f();
    for (var i = 0u; i < pairs; i += 4u) {
      score = products(base + thread * pairs + i, i / 2u, score);
    }
    let seeing = tile * BLOCK + thread < seen;
    scores[thread] = select(MASKED, (score.x + score.y) + (score.z + score.w), seeing);
    workgroupBarrier();

    var higher = maximum;
    for (var i = 0u; i < BLOCK; i++) {
      higher = max(higher, scores[i]);
    }
    shares[thread] = exp(scores[thread] - higher);
    workgroupBarrier();

    let fade = exp(maximum - higher);
    maximum = higher;
    for (var k = 0u; k < PAIRS_PER_THREAD; k++) {
      let pair = thread + k * WORKGROUP;
      if (pair < pairs) {
        var sum = fade * sums[k];   // (weighted numbers, weights)
        for (var i = 0u; i < BLOCK; i++) {
          let share = shares[i];
          sum = fma(vec3f(share), vec3f(value_pair(base + i * pairs + pair), 1.0), sum);
        }
        sums[k] = sum;
      }
    }
  }
  for (var k = 0u; k < PAIRS_PER_THREAD; k++) {
    let pair = thread + k * WORKGROUP;
    if (pair < pairs) {
      let at = workgroup.z * Y_STRIDE + head * HEAD_DIM + 2u * pair;
      let number = sums[k].xy / sums[k].z;
      y[at] = number.x;
      y[at + 1u] = number.y;
    }
  }
}
