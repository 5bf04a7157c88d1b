// y = W · x for one row of activations. A thread computes four outputs; LANES threads share them, each taking every
// LANES-th chunk of 32 weights.

@group(0) @binding(0) var<storage, read> x: array<vec4f>;        // [1][8 · CHUNKS], zero beyond the width
@group(0) @binding(1) var<storage, read> codes: array<vec4u>;    // [weight rows][CHUNKS][vec4u per chunk]
@group(0) @binding(2) var<storage, read> scales: array<u32>;     // [weight rows][SCALE_WORDS]; not read for floats
@group(0) @binding(3) var<storage, read_write> y: array<f32>;    // [1][Y_STRIDE]

override CHUNKS: u32;      // chunks of 32 weights in a row
override WORKGROUP: u32;   // threads
override LANES: u32;       // threads per output, a divisor of WORKGROUP
override Y_OFFSET: u32;    // where in the row of y the outputs begin

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

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) workgroups: vec3u,
  @builtin(local_invocation_index) thread: u32,
) {
  let lane = thread % LANES;
  let team = (workgroup.y * workgroups.x + workgroup.x) * (WORKGROUP / LANES) + thread / LANES;
  let first = outputs_per_team() * team;
  var sums = lane_sums(weight_rows(first), lane);
  if (LANES > 1u) {
    partial[thread] = sums;
    workgroupBarrier();
    sums = partial[thread - lane];
    for (var i = 1u; i < LANES; i++) {
      sums += partial[thread - lane + i];
    }
  }
  if (lane == 0u) {
    finish(Y_OFFSET + first, first, sums);
  }
}
