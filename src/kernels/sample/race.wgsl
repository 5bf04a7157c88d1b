// The draw, an exponential race: each token that the filters keep waits for an exponential random number of its own divided
// by its probability, and the shortest wait wins, which happens with exactly its probability (Gumbel-max, without the
// logarithm). Of each tile the winner; the random numbers belong to (seed, position, token id), so whoever draws this token
// draws the same.

@group(0) @binding(0) var<storage, read> logits: array<vec4u>;         // [outputs][LOGIT_STRIDE] f32 bits
@group(0) @binding(1) var<storage, read> rows: array<vec4u>;           // [rows]: token, position, slot, place
@group(0) @binding(2) var<storage, read> picked: array<u32>;           // [outputs]: index into rows
@group(0) @binding(3) var<storage, read> slots: array<u32>;            // [slots][SLOT_WORDS]
@group(0) @binding(4) var<storage, read> largest: array<vec2u>;        // [outputs][tiles] ranks
@group(0) @binding(5) var<storage, read> cuts: array<vec2u>;           // [outputs] ranks; only of filtered rows
@group(0) @binding(6) var<storage, read_write> winners: array<vec2u>;  // [outputs][tiles]: f32 bits of the wait, id

// Nobody so much less likely than the likeliest can win: the likeliest waits at most log(2³³), about 23, and
// exp(64) / 2³³ is far more. So no wait overflows.
const HOPELESS = 64.0;

@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) thread: u32) {
  let output = workgroup.z;
  let row = row_of(output);
  if (!is_drawn(row)) {
    return;
  }
  let slot = row.z;
  let top = likeliest(output, thread).x;
  let seed = vec2u(slot_word(slot, SEED_LOW), slot_word(slot, SEED_HIGH));
  let min_p = slot_f32(slot, MIN_P);
  var farthest = HOPELESS;
  if (min_p > 0.0) {
    farthest = clamp(-log(min_p), 0.0, HOPELESS);   // the likeliest, at 0, is always kept
  }
  var cut = LAST;
  if (is_filtered(row)) {
    cut = cuts[output];
  }
  let base = output * LOGIT_STRIDE;
  var winner = LAST;
  for (var k = 0u; k < QUADS_PER_THREAD; k++) {
    let id = quad_id(workgroup.x, k, thread);
    if (id < VOCAB) {
      let quad = logits[(base + id) / 4u];
      for (var i = 0u; i < min(4u, VOCAB - id); i++) {
        let rank = vec2u(rank_key(quad[i]), id + i);
        let distance = tempered(distance_below(top, rank.x), slot);
        if (distance <= farthest && !is_before(cut, rank)) {
          let bits = threefry2x32(vec2u(row.y + 1u, rank.y), seed).x;
          let wait = exponential(bits) * exp(distance);
          winner = first_of(vec2u(bitcast<u32>(wait), rank.y), winner);
        }
      }
    }
  }
  winner = first_of_all(winner, thread);
  if (thread == 0u) {
    winners[output * tiles() + workgroup.x] = winner;
  }
}
