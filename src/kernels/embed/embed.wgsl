// The embedding of each row's token, decoded to f32 and scaled. A table split by rows takes one dispatch a part: tokens outside
// this part are left to the others.

@group(0) @binding(0) var<storage, read> rows: array<vec4u>;      // [rows]: token, position, sequence, unused
@group(0) @binding(1) var<storage, read> codes: array<vec4u>;     // [PART_ROWS][CHUNKS][vec4u per chunk]
@group(0) @binding(2) var<storage, read> scales: array<u32>;      // [PART_ROWS][SCALE_WORDS]; not read for floats
@group(0) @binding(3) var<storage, read_write> y: array<f32>;     // [rows][32 · CHUNKS]

override CHUNKS: u32;       // chunks of 32 weights in a row
override WIDTH: u32;        // numbers in a row; what lies beyond stays zero
override FIRST_ROW: u32;    // first token of this part
override PART_ROWS: u32;
override SCALE: f32;        // what the model multiplies embeddings with, usually 1

const WORKGROUP = 64u;

fn store(at: u32, column: u32, values: vec4f) {
  for (var i = 0u; i < 4u; i++) {
    if (column + i < WIDTH) {
      y[at + column + i] = SCALE * values[i];
    }
  }
}

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) thread: u32) {
  let chunk = workgroup.x * WORKGROUP + thread;
  let token = rows[workgroup.z].x;
  if (chunk >= CHUNKS || token < FIRST_ROW || token - FIRST_ROW >= PART_ROWS) {
    return;
  }
  let row = token - FIRST_ROW;
  let q = times(decode(row, chunk), UNIT);
  let scale = chunk_scale(row, chunk);
  let s = vec4f(scale.x);
  let b = vec4f(scale.y);
  let at = workgroup.z * 32u * CHUNKS;
  let column = 32u * chunk;
  store(at, column, fma(s, q.v0, b));
  store(at, column + 4u, fma(s, q.v1, b));
  store(at, column + 8u, fma(s, q.v2, b));
  store(at, column + 12u, fma(s, q.v3, b));
  store(at, column + 16u, fma(s, q.v4, b));
  store(at, column + 20u, fma(s, q.v5, b));
  store(at, column + 24u, fma(s, q.v6, b));
  store(at, column + 28u, fma(s, q.v7, b));
}
