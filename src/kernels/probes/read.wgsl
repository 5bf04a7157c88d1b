// Reads a buffer as fast as the device can: every word once, neighbouring threads on neighbouring vectors, four loads under
// way in each thread and no barrier. What it writes depends on every word, so nothing may be left out.

@group(0) @binding(0) var<storage, read> x: array<vec4u>;          // [VECTORS]
@group(0) @binding(1) var<storage, read_write> y: array<u32>;      // [threads]: exclusive or of the words a thread has read

override VECTORS: u32;   // a multiple of 4 · threads
override THREADS: u32;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  var sum = vec4u(0);
  for (var i = id.x; i < VECTORS; i += 4 * THREADS) {
    let a = x[i];
    let b = x[i + THREADS];
    let c = x[i + 2 * THREADS];
    let d = x[i + 3 * THREADS];
    sum ^= (a ^ b) ^ (c ^ d);
  }
  y[id.x] = (sum.x ^ sum.y) ^ (sum.z ^ sum.w);
}
