// Rows of activations as int8 codes (shared/quantize.wgsl), a thread a chunk. Lines with {q} are repeated for each quad.

@group(0) @binding(0) var<storage, read> x: array<vec4f>;                  // [rows][8 · CHUNKS], zero beyond the width
@group(0) @binding(1) var<storage, read_write> quantized: array<vec4u>;    // [rows][3 · CHUNKS]

override CHUNKS: u32;   // of 32 activations in a row

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= CHUNKS) {
    return;
  }
  let chunk = id.z * CHUNKS + id.x;
  let v{q} = x[8u * chunk + {q}u];
  write_chunk(3u * chunk, v0, v1, v2, v3, v4, v5, v6, v7);
}
