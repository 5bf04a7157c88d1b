// For a row with top-k or top-p, the ids of all tokens that the filters can keep, in one list: those in the bins that
// reach k tokens, or outside of which too little probability is left to matter. A bin is kept whole, so the list is a few
// tokens longer than needed, and however long it is it has room.

@group(0) @binding(0) var<storage, read> logits: array<vec4u>;          // [outputs][LOGIT_STRIDE] f32 bits
@group(0) @binding(1) var<storage, read> rows: array<vec4u>;            // [rows]: token, position, slot, place
@group(0) @binding(2) var<storage, read> picked: array<u32>;            // [outputs]: index into rows
@group(0) @binding(3) var<storage, read> slots: array<u32>;             // [slots][SLOT_WORDS]
@group(0) @binding(4) var<storage, read> largest: array<vec2u>;         // [outputs][tiles] ranks
@group(0) @binding(5) var<storage, read> bins: array<u32>;              // [outputs][tiles][BINS] tokens
@group(0) @binding(6) var<storage, read> masses: array<f32>;            // [outputs][tiles] probability / the likeliest's
@group(0) @binding(7) var<storage, read_write> candidates: array<u32>;  // [outputs][1 + LOGIT_STRIDE]: how many, ids

// Of the probability that top-p leaves out, how much the bins left out may have: less than all, for sums that round.
const CERTAIN = 0.999;

var<workgroup> totals: array<u32, THREADS>;         // [bin] tokens of the row; then [thread] candidates of the tile
var<workgroup> group_totals: array<u32, GROUP>;     // of GROUP consecutive ones
var<workgroup> tails: array<f32, THREADS>;          // [bin] at most this much of the probability
var<workgroup> group_tails: array<f32, GROUP>;
var<workgroup> last_bin: atomic<u32>;               // first the least bin that suffices
var<workgroup> kept: atomic<u32>;                   // candidates of the row
var<workgroup> kept_before: atomic<u32>;            // of those, the ones of the tiles before

// The sum of totals[0 … thread].
fn total_through(thread: u32) -> u32 {
  var sum = 0u;
  for (var group = 0u; group < thread / GROUP; group++) {
    sum += group_totals[group];
  }
  for (var i = thread / GROUP * GROUP; i <= thread; i++) {
    sum += totals[i];
  }
  return sum;
}

// The sum of tails[thread + 1 …].
fn tail_after(thread: u32) -> f32 {
  var sum = 0.0;
  for (var group = GROUP - 1u; group > thread / GROUP; group--) {
    sum += group_tails[group];
  }
  for (var i = (thread / GROUP + 1u) * GROUP - 1u; i > thread; i--) {
    sum += tails[i];
  }
  return sum;
}

fn sum_groups(thread: u32) {
  workgroupBarrier();
  if (thread < GROUP) {
    var total = 0u;
    var tail = 0.0;
    for (var i = 0u; i < GROUP; i++) {
      total += totals[thread * GROUP + i];
      tail += tails[thread * GROUP + i];
    }
    group_totals[thread] = total;
    group_tails[thread] = tail;
  }
  workgroupBarrier();
}

// Whether the bins 0 … `bin` hold all that the filters of the slot can keep.
fn suffices(bin: u32, slot: u32, mass: f32) -> bool {
  if (has_top_k(slot)) {
    return total_through(bin) >= slot_word(slot, TOP_K);
  }
  return tail_after(bin) <= CERTAIN * (1.0 - slot_f32(slot, TOP_P)) * mass;
}

@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) thread: u32) {
  let output = workgroup.z;
  let row = row_of(output);
  if (!is_filtered(row)) {
    return;
  }
  let top = likeliest(output, thread).x;

  // Bin by bin, a thread each: the tokens of all tiles, and of the tiles before this one.
  var total = 0u;
  var before = 0u;
  var mass = 0.0;
  for (var tile = 0u; tile < tiles(); tile++) {
    if (tile == workgroup.x) {
      before = total;
    }
    total += bins[(output * tiles() + tile) * BINS + thread];
    mass += masses[output * tiles() + tile];
  }
  totals[thread] = total;
  tails[thread] = f32(total) * exp(-tempered(f32(thread) / BINS_PER_UNIT, row.z));
  if (thread == 0u) {
    atomicStore(&last_bin, BINS - 1u);
  }
  sum_groups(thread);
  if (suffices(thread, row.z, mass)) {
    atomicMin(&last_bin, thread);
  }
  workgroupBarrier();
  let last = atomicLoad(&last_bin);
  if (thread <= last) {
    atomicAdd(&kept, total);
    atomicAdd(&kept_before, before);
  }

  // Then this tile's candidates behind those before it.
  let base = output * LOGIT_STRIDE;
  var keys: array<vec4u, QUADS_PER_THREAD>;
  var mine = 0u;
  for (var k = 0u; k < QUADS_PER_THREAD; k++) {
    let id = quad_id(workgroup.x, k, thread);
    keys[k] = vec4u(LAST.x);
    if (id < VOCAB) {
      let quad = logits[(base + id) / 4u];
      for (var i = 0u; i < min(4u, VOCAB - id); i++) {
        let key = rank_key(quad[i]);
        if (bin_of(distance_below(top, key)) <= last) {
          keys[k][i] = key;
          mine++;
        }
      }
    }
  }
  workgroupBarrier();
  totals[thread] = mine;
  sum_groups(thread);
  let list = output * (1u + LOGIT_STRIDE) + 1u;
  var at = list + atomicLoad(&kept_before) + total_through(thread) - mine;
  for (var k = 0u; k < QUADS_PER_THREAD; k++) {
    for (var i = 0u; i < 4u; i++) {
      if (keys[k][i] != LAST.x) {
        candidates[at] = quad_id(workgroup.x, k, thread) + i;
        at++;
      }
    }
  }
  if (workgroup.x == 0u && thread == 0u) {
    candidates[list - 1u] = atomicLoad(&kept);
  }
}
