// Rotates queries and keys by their positions (RoPE, Su et al. 2021; numbers i and i + HEAD_DIM / 2 form a pair), and
// writes keys and values into the pools. A thread owns four numbers of one head: 2j, 2j + 1 and their partners, which
// are two whole words of the pool, so every word has one writer.

@group(0) @binding(0) var<storage, read_write> qkv: array<f32>;      // [rows][QKV_STRIDE]: queries | keys | values
@group(0) @binding(1) var<storage, read> rows: array<vec4u>;         // [rows]: token, position, sequence, unused
@group(0) @binding(2) var<storage, read> tables: array<u32>;         // [sequences][TABLE_STRIDE]
@group(0) @binding(3) var<storage, read> rotations: array<vec2f>;    // [positions][HEAD_DIM / 2]: (cos, sin)
@group(0) @binding(4) var<storage, read_write> keys: array<u32>;     // [blocks][KV_HEADS][32][HEAD_DIM]
@group(0) @binding(5) var<storage, read_write> values: array<u32>;   // [blocks][KV_HEADS][32][HEAD_DIM]

override Q_HEADS: u32;
override QKV_STRIDE: u32;

const WORKGROUP = 64u;

fn rotate(first: f32, second: f32, rotation: vec2f) -> vec2f {
  return vec2f(first * rotation.x - second * rotation.y, second * rotation.x + first * rotation.y);
}

fn store_key(pair: u32, numbers: vec2f) {
  if (KV_F32 == 1u) {
    keys[2u * pair] = bitcast<u32>(numbers.x);
    keys[2u * pair + 1u] = bitcast<u32>(numbers.y);
  } else {
    keys[pair] = pack2x16float(numbers);
  }
}

fn store_value(pair: u32, numbers: vec2f) {
  if (KV_F32 == 1u) {
    values[2u * pair] = bitcast<u32>(numbers.x);
    values[2u * pair + 1u] = bitcast<u32>(numbers.y);
  } else {
    values[pair] = pack2x16float(numbers);
  }
}

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) thread: u32) {
  let half = HEAD_DIM / 2u;
  let quads = HEAD_DIM / 4u;
  let item = workgroup.x * WORKGROUP + thread;
  let head = item / quads;                       // queries, then keys, then values
  if (head >= Q_HEADS + 2u * KV_HEADS) {
    return;
  }
  let j = item % quads;
  let row = rows[workgroup.z];
  let at = workgroup.z * QKV_STRIDE + head * HEAD_DIM + 2u * j;
  let first = vec2f(qkv[at], qkv[at + 1u]);
  let second = vec2f(qkv[at + half], qkv[at + half + 1u]);

  if (head >= Q_HEADS + KV_HEADS) {
    let pair = pair_index(row.z, row.y, head - Q_HEADS - KV_HEADS) + j;
    store_value(pair, first);
    store_value(pair + quads, second);
    return;
  }
  let angle = row.y * half + 2u * j;
  let even = rotate(first.x, second.x, rotations[angle]);
  let odd = rotate(first.y, second.y, rotations[angle + 1u]);
  if (head >= Q_HEADS) {
    let pair = pair_index(row.z, row.y, head - Q_HEADS) + j;
    store_key(pair, vec2f(even.x, odd.x));
    store_key(pair + quads, vec2f(even.y, odd.y));
  } else {
    qkv[at] = even.x;
    qkv[at + 1u] = odd.x;
    qkv[at + half] = even.y;
    qkv[at + half + 1u] = odd.y;
  }
}
