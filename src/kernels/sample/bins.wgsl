// For a row with top-k or top-p, how many tokens of each tile lie how far below the likeliest one, and the tile's share of
// the probability: enough to know which few tokens the filters need look at (candidates.wgsl).

@group(0) @binding(0) var<storage, read> logits: array<vec4u>;     // [outputs][LOGIT_STRIDE] f32 bits
@group(0) @binding(1) var<storage, read> rows: array<vec4u>;       // [rows]: token, position, slot, place
@group(0) @binding(2) var<storage, read> picked: array<u32>;       // [outputs]: index into rows
@group(0) @binding(3) var<storage, read> slots: array<u32>;        // [slots][SLOT_WORDS]
@group(0) @binding(4) var<storage, read> largest: array<vec2u>;    // [outputs][tiles] ranks
@group(0) @binding(5) var<storage, read_write> bins: array<u32>;   // [outputs][tiles][BINS] tokens
@group(0) @binding(6) var<storage, read_write> masses: array<f32>; // [outputs][tiles] Σ probability / the likeliest's

var<workgroup> counts: array<atomic<u32>, BINS>;   // BINS is THREADS: each thread has one

@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) thread: u32) {
  let output = workgroup.z;
  let row = row_of(output);
  if (!is_filtered(row)) {
    return;
  }
  let top = likeliest(output, thread).x;
  let base = output * LOGIT_STRIDE;
  var mass = 0.0;
  for (var k = 0u; k < QUADS_PER_THREAD; k++) {
    let id = quad_id(workgroup.x, k, thread);
    if (id < VOCAB) {
      let quad = logits[(base + id) / 4u];
      for (var i = 0u; i < min(4u, VOCAB - id); i++) {
        let distance = distance_below(top, rank_key(quad[i]));
        atomicAdd(&counts[bin_of(distance)], 1u);
        mass += exp(-tempered(distance, row.z));
      }
    }
  }
  mass = sum_of_all(mass, thread);   // a barrier as well: the counts are whole now
  let tile = output * tiles() + workgroup.x;
  bins[tile * BINS + thread] = atomicLoad(&counts[thread]);
  if (thread == 0u) {
    masses[tile] = mass;
  }
}
