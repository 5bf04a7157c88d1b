// The model's own distribution, before penalties and bias: of each tile of a row that asks for log-probabilities, the
// likeliest tokens and Σ exp(logit − the tile's largest). The logits themselves are copied, for they are about to change.

@group(0) @binding(0) var<storage, read> logits: array<vec4u>;         // [outputs][LOGIT_STRIDE] f32 bits
@group(0) @binding(1) var<storage, read> rows: array<vec4u>;           // [rows]: token, position, slot, place
@group(0) @binding(2) var<storage, read> picked: array<u32>;           // [outputs]: index into rows
@group(0) @binding(3) var<storage, read> slots: array<u32>;            // [slots][SLOT_WORDS]
@group(0) @binding(4) var<storage, read_write> raw: array<vec4u>;      // [outputs][LOGIT_STRIDE] f32 bits
@group(0) @binding(5) var<storage, read_write> leaders: array<vec2u>;  // [outputs][tiles][MAX_ALTERNATIVES] ranks
@group(0) @binding(6) var<storage, read_write> sums: array<f32>;       // [outputs][tiles]

@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) thread: u32) {
  let output = workgroup.z;
  let row = row_of(output);
  if (!wants_logprobs(row)) {
    return;
  }
  let base = output * LOGIT_STRIDE;
  var keys: array<vec4u, QUADS_PER_THREAD>;
  for (var k = 0u; k < QUADS_PER_THREAD; k++) {
    let id = quad_id(workgroup.x, k, thread);
    keys[k] = vec4u(LAST.x);
    if (id < VOCAB) {
      let quad = logits[(base + id) / 4u];
      raw[(base + id) / 4u] = quad;
      for (var i = 0u; i < min(4u, VOCAB - id); i++) {
        keys[k][i] = rank_key(quad[i]);
      }
    }
  }

  // One leader after the other: the first rank after the one before.
  let tile = output * tiles() + workgroup.x;
  var leader = vec2u();
  var top = 0u;
  for (var place = 0u; place < max(alternatives(row), 1u); place++) {
    var next = LAST;
    for (var k = 0u; k < QUADS_PER_THREAD; k++) {
      for (var i = 0u; i < 4u; i++) {
        let rank = vec2u(keys[k][i], quad_id(workgroup.x, k, thread) + i);
        if (rank.x != LAST.x && (place == 0u || is_before(leader, rank))) {
          next = first_of(rank, next);
        }
      }
    }
    leader = first_of_all(next, thread);
    if (place == 0u) {
      top = leader.x;
    }
    if (thread == 0u) {
      leaders[tile * MAX_ALTERNATIVES + place] = leader;
    }
  }

  var sum = 0.0;
  for (var k = 0u; k < QUADS_PER_THREAD; k++) {
    for (var i = 0u; i < 4u; i++) {
      if (keys[k][i] != LAST.x) {
        sum += exp(logit_of(keys[k][i]) - logit_of(top));
      }
    }
  }
  sum = sum_of_all(sum, thread);
  if (thread == 0u) {
    sums[tile] = sum;
  }
}
