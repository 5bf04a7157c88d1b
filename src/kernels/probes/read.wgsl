// Reads a buffer as fast as the device can: every word once, four loads under way in each thread and no barrier. Neighbouring
// threads read neighbouring vectors, which a GPU takes in one transaction, or each thread a piece of its own, which a CPU
// fetches ahead. What it writes depends on every word, so nothing may be left out.

@group(0) @binding(0) var<storage, read> x: array<vec4u>;          // [VECTORS]
@group(0) @binding(1) var<storage, read_write> y: array<u32>;      // [threads]: exclusive or of the words a thread has read

override VECTORS: u32;   // a multiple of 4 · threads
override THREADS: u32;
override PIECES: u32;    // 1: each thread has a piece of its own

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let each = VECTORS / THREADS;
  let first = select(id.x, id.x * each, PIECES == 1u);
  let stride = select(THREADS, 1u, PIECES == 1u);
  var sum = vec4u(0);
  for (var i = 0u; i < each; i += 4u) {
    let at = first + i * stride;
    let a = x[at];
    let b = x[at + stride];
    let c = x[at + 2u * stride];
    let d = x[at + 3u * stride];
    sum ^= (a ^ b) ^ (c ^ d);
  }
  y[id.x] = (sum.x ^ sum.y) ^ (sum.z ^ sum.w);
}
