// y = W · x for one row of activations. A thread computes four outputs; LANES threads share them, each taking every
// LANES-th chunk of 32 weights.

@group(0) @binding(0) var<storage, read> x: array<vec4f>;        // [1][8 · CHUNKS], zero beyond the width
@group(0) @binding(1) var<storage, read> codes: array<vec4u>;    // [weight rows][CHUNKS][vec4u per chunk]
@group(0) @binding(2) var<storage, read> scales: array<u32>;     // [weight rows][SCALE_WORDS]; not read for floats

override CHUNKS: u32;      // chunks of 32 weights in a row
override WORKGROUP: u32;   // threads
override LANES: u32;       // threads per output, a divisor of WORKGROUP

var<workgroup> partial: array<vec4f, WORKGROUP>;   // [thread]: its share of its four weight rows

// One lane's share of four weight rows.
fn lane_sums(rows: vec4u, lane: u32) -> vec4f {
  var sums = mat4x4f();
  for (var chunk = lane; chunk < CHUNKS; chunk += LANES) {
    let a = load_chunk(8u * chunk);
    let total = sum_chunk(a);
    let unit = times(a, UNIT);
    sums[0] = accumulate(chunk_scale(rows.x, chunk), dot_chunk(decode(rows.x, chunk), unit), total, sums[0]);
    sums[1] = accumulate(chunk_scale(rows.y, chunk), dot_chunk(decode(rows.y, chunk), unit), total, sums[1]);
    sums[2] = accumulate(chunk_scale(rows.z, chunk), dot_chunk(decode(rows.z, chunk), unit), total, sums[2]);
    sums[3] = accumulate(chunk_scale(rows.w, chunk), dot_chunk(decode(rows.w, chunk), unit), total, sums[3]);
  }
  let t = transpose(sums);
  return (t[0] + t[1]) + (t[2] + t[3]);
}

// The first output of a thread's team.
fn first_output(workgroup: u32, thread: u32) -> u32 {
  return outputs_per_team() * (workgroup * (WORKGROUP / LANES) + thread / LANES);
}

// A team's products for its four weight rows, to each of its threads.
fn team_sums(first: u32, thread: u32) -> vec4f {
  let lane = thread % LANES;
  var sums = lane_sums(weight_rows(first), lane);
  if (LANES > 1u) {
    partial[thread] = sums;
    workgroupBarrier();
    sums = partial[thread - lane];
    for (var i = 1u; i < LANES; i++) {
      sums += partial[thread - lane + i];
    }
  }
  return sums;
}
