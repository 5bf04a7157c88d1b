// Rotates queries and keys by their positions (RoPE, Su et al. 2021; numbers i and i + ROTARY_DIM / 2 form a pair, and those
// from ROTARY_DIM on stay), and writes keys and values into the pools. Before that they are completed as the model asks:
// `completed` is in bias.wgsl, norm.wgsl or plain.wgsl. A thread owns eight numbers of one head: 4j … 4j + 3 and their partners, which
// are whole words of the pool in every format, so every word has one writer. A workgroup owns whole heads: the threads of
// one find the largest magnitude of each INT8 group together.

@group(0) @binding(0) var<storage, read_write> qkv: array<f32>;      // [rows][QKV_STRIDE]: queries | keys | values
@group(0) @binding(1) var<storage, read> rows: array<vec4u>;         // [rows]: token, position, sequence, place
@group(0) @binding(2) var<storage, read> tables: array<u32>;         // [sequences][TABLE_STRIDE]
@group(0) @binding(3) var<storage, read> rotations: array<vec2f>;    // [positions][ROTARY_DIM / 2]: (cos, sin)
@group(0) @binding(4) var<storage, read_write> keys: array<u32>;     // a pool
@group(0) @binding(5) var<storage, read_write> values: array<u32>;   // a pool

override Q_HEADS: u32;
override QKV_STRIDE: u32;
override ROTARY_DIM: u32;   // even, up to HEAD_DIM; 0: nothing is rotated

const WORKGROUP = 64u;             // room for the 32 threads of the largest head
const QUADS_PER_GROUP = GROUP / 4u;
const SMALLEST_MAGNITUDE = 1.0e-30; // of a group that is not stored as zeros: 127 over it is finite

var<workgroup> magnitudes: array<f32, 2u * WORKGROUP>;   // [heads of the workgroup][quads of a head]
var<workgroup> unturned: array<f32, 8u * WORKGROUP>;     // [heads of the workgroup][HEAD_DIM], where ROTARY_DIM is smaller

// The eight numbers of a thread.
struct Quads {
  first: vec4f,    // 4j … 4j + 3 of the head
  second: vec4f,   // those and HEAD_DIM / 2
}

fn load_quad(at: u32) -> vec4f {
  return vec4f(qkv[at], qkv[at + 1u], qkv[at + 2u], qkv[at + 3u]);
}

fn store_quad(at: u32, numbers: vec4f) {
  for (var i = 0u; i < 4u; i++) {
    qkv[at + i] = numbers[i];
  }
}

fn magnitude(numbers: vec4f) -> f32 {
  let pairs = max(abs(numbers.xy), abs(numbers.zw));
  return max(pairs.x, pairs.y);
}

// The largest magnitude of the group that quad `quad` of a head lies in; `first` is where the head's magnitudes begin.
fn group_magnitude(first: u32, quad: u32) -> f32 {
  let start = quad / QUADS_PER_GROUP * QUADS_PER_GROUP;
  var largest = 0.0;
  for (var i = start; i < min(start + QUADS_PER_GROUP, HEAD_DIM / 4u); i++) {
    largest = max(largest, magnitudes[first + i]);
  }
  return largest;
}

fn put(is_key: bool, word: u32, bits: u32) {
  if (is_key) {
    keys[word] = bits;
  } else {
    values[word] = bits;
  }
}

// Where word `word` of the numbers of one position lies; those of a piece follow each other.
fn number_word(is_key: bool, tile: u32, position: u32, word: u32) -> u32 {
  if (is_key) {
    return key_word(tile, position, word / 4u) + word % 4u;
  }
  return value_word(tile, position) + word;
}

// Writes numbers 4 · quad … 4 · quad + 3 of one position; `largest` is the magnitude of their INT8 group.
fn append_quad(is_key: bool, tile: u32, position: u32, quad: u32, numbers: vec4f, largest: f32) {
  if (KV_FORMAT == F32) {
    let word = number_word(is_key, tile, position, 4u * quad);
    for (var i = 0u; i < 4u; i++) {
      put(is_key, word + i, bitcast<u32>(numbers[i]));
    }
  } else if (KV_FORMAT == F16) {
    let word = number_word(is_key, tile, position, 2u * quad);
    put(is_key, word, pack2x16float(numbers.xy));
    put(is_key, word + 1u, pack2x16float(numbers.zw));
  } else {
    let inverse = select(0.0, 127.0 / largest, largest > SMALLEST_MAGNITUDE);
    let codes = vec4u(vec4i(round(numbers * inverse))) & vec4u(0xffu);
    put(is_key, number_word(is_key, tile, position, quad), codes.x | (codes.y << 8u) | (codes.z << 16u) | (codes.w << 24u));
    if (quad % QUADS_PER_GROUP == 0u) {
      put(is_key, scale_word(tile, quad / QUADS_PER_GROUP, position), bitcast<u32>(largest));
    }
  }
}

// Numbers 4 · quad … 4 · quad + 3 of a head that rotates in part; `base` is where it begins in `unturned`.
fn partly_turned(base: u32, quad: u32, position: u32) -> vec4f {
  let half = ROTARY_DIM / 2u;
  var turned: vec4f;
  for (var k = 0u; k < 4u; k++) {
    let i = 4u * quad + k;
    turned[k] = unturned[base + i];
    if (i < ROTARY_DIM) {
      let is_first = i < half;
      let rotation = rotations[position * half + select(i - half, i, is_first)];
      let partner = unturned[base + select(i - half, i + half, is_first)];
      turned[k] = turned[k] * rotation.x + select(partner, -partner, is_first) * rotation.y;
    }
  }
  return turned;
}

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) thread: u32) {
  let threads = HEAD_DIM / 8u;             // of one head
  let heads = WORKGROUP / threads;         // of one workgroup
  let own = thread / threads;
  let head = workgroup.x * heads + own;    // queries, then keys, then values
  let lives = own < heads && head < Q_HEADS + 2u * KV_HEADS;
  let j = thread % threads;
  let row = rows[workgroup.z];

  let at = workgroup.z * QKV_STRIDE + head * HEAD_DIM + 4u * j;
  var numbers = Quads();
  if (lives) {
    numbers = Quads(load_quad(at), load_quad(at + HEAD_DIM / 2u));
  }
  numbers = completed(numbers, lives, head, own, j);
  var first = numbers.first;
  var second = numbers.second;
  if (ROTARY_DIM == HEAD_DIM) {
    if (lives && head < Q_HEADS + KV_HEADS) {
      let angle = row.y * (HEAD_DIM / 2u) + 4u * j;
      let a = rotations[angle];
      let b = rotations[angle + 1u];
      let c = rotations[angle + 2u];
      let d = rotations[angle + 3u];
      let cosines = vec4f(a.x, b.x, c.x, d.x);
      let sines = vec4f(a.y, b.y, c.y, d.y);
      let turned = first * cosines - second * sines;
      second = second * cosines + first * sines;
      first = turned;
    }
  } else if (ROTARY_DIM > 0u) {
    let base = own * HEAD_DIM;
    if (lives) {
      for (var i = 0u; i < 4u; i++) {
        unturned[base + 4u * j + i] = first[i];
        unturned[base + HEAD_DIM / 2u + 4u * j + i] = second[i];
      }
    }
    workgroupBarrier();
    if (lives && head < Q_HEADS + KV_HEADS) {
      first = partly_turned(base, j, row.y);
      second = partly_turned(base, threads + j, row.y);
    }
  }
  if (lives && head < Q_HEADS) {
    store_quad(at, first);
    store_quad(at + HEAD_DIM / 2u, second);
  }

  var largest = vec2f();                   // of the groups of `first` and `second`
  if (KV_FORMAT == INT8) {
    let base = own * 2u * threads;
    if (lives) {
      magnitudes[base + j] = magnitude(first);
      magnitudes[base + threads + j] = magnitude(second);
    }
    workgroupBarrier();
    if (lives) {
      largest = vec2f(group_magnitude(base, j), group_magnitude(base, threads + j));
    }
  }
  if (lives && head >= Q_HEADS) {
    let is_key = head < Q_HEADS + KV_HEADS;
    let tile = tile_word(row.z, row.y, (head - Q_HEADS) % KV_HEADS);
    let position = row.y % BLOCK;
    append_quad(is_key, tile, position, j, first, largest.x);
    append_quad(is_key, tile, position, threads + j, second, largest.y);
  }
}
