// The embedding of each row's token, decoded to f32 and scaled. A table split by rows takes one dispatch a part: tokens outside
// this part are left to the others.

@group(0) @binding(0) var<storage, read> rows: array<vec4u>;      // [rows]: token, position, sequence, place
@group(0) @binding(1) var<storage, read> codes: array<vec4u>;     // [PART_ROWS][vectors]
@group(0) @binding(2) var<storage, read> scales: array<u32>;      // [PART_ROWS][SCALE_WORDS]; not read for floats
@group(0) @binding(3) var<storage, read_write> y: array<f32>;     // [rows][32 · CHUNKS]

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
  let at = workgroup.z * 32u * CHUNKS;
  var column = 32u * chunk;
  let vectors_each = 8u / VECTOR_QUADS;
  for (var vector = vectors_each * chunk; vector < vectors_each * (chunk + 1u); vector++) {
    let scale = scale_of(row, vector);
    var v = codes[row * vectors() + vector];
    for (var step = 0u; step < VECTOR_QUADS; step += STEP_QUADS) {
      for (var i = 0u; i < STEP_QUADS; i++) {
        store(at, column, fma(vec4f(scale.x), quad_of(v, i) * UNIT, vec4f(scale.y)));
        column += 4u;
      }
      v = next(v);
    }
  }
}
