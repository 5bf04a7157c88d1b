// Copies a buffer, a vector a thread at a time.

@group(0) @binding(0) var<storage, read> x: array<vec4u>;          // [VECTORS]
@group(0) @binding(1) var<storage, read_write> y: array<vec4u>;    // [VECTORS]

override VECTORS: u32;
override THREADS: u32;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  for (var i = id.x; i < VECTORS; i += THREADS) {
    y[i] = x[i];
  }
}
