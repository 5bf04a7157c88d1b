// Of each tile of a row of logits, the likeliest token's rank; BAD_KEY comes first where a logit is not finite.

@group(0) @binding(0) var<storage, read> logits: array<vec4u>;         // [outputs][LOGIT_STRIDE] f32 bits
@group(0) @binding(1) var<storage, read_write> largest: array<vec2u>;  // [outputs][tiles] ranks

@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) thread: u32) {
  let base = workgroup.z * LOGIT_STRIDE;
  var first = LAST;
  for (var k = 0u; k < QUADS_PER_THREAD; k++) {
    let id = quad_id(workgroup.x, k, thread);
    if (id < VOCAB) {
      let quad = logits[(base + id) / 4u];
      for (var i = 0u; i < min(4u, VOCAB - id); i++) {
        first = first_of(vec2u(rank_key(quad[i]), id + i), first);
      }
    }
  }
  first = first_of_all(first, thread);
  if (thread == 0u) {
    largest[workgroup.z * tiles() + workgroup.x] = first;
  }
}
