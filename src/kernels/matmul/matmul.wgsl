// Y = X · Wᵀ for several rows of activations. A thread computes four outputs of four rows, decoding each weight once for
// all four; LANES threads share them exactly as in matvec.wgsl, so every row is bit-equal to what matvec gives it.

@group(0) @binding(0) var<storage, read> x: array<vec4f>;        // [rows][8 · CHUNKS], zero beyond the width
@group(0) @binding(1) var<storage, read> codes: array<vec4u>;    // [weight rows][CHUNKS][vec4u per chunk]
@group(0) @binding(2) var<storage, read> scales: array<u32>;     // [weight rows][SCALE_WORDS]; not read for floats

override CHUNKS: u32;      // chunks of 32 weights in a row
override WORKGROUP: u32;   // threads
override LANES: u32;       // threads per output, a divisor of WORKGROUP

var<workgroup> partial: array<mat4x4f, WORKGROUP>;   // [thread]: its share, a column per row of x

// A weight row's chunk, ready to be multiplied with several rows of activations.
struct Weights {
  q: Chunk,
  scale: vec2f,
}

fn load_weights(row: u32, chunk: u32) -> Weights {
  return Weights(decode(row, chunk), chunk_scale(row, chunk));
}

// Four columns, a weight row each, for one row of x: this chunk's products added to `sums`.
fn add_products(at: u32, a: Weights, b: Weights, c: Weights, d: Weights, sums: mat4x4f) -> mat4x4f {
  let activations = load_chunk(at);
  let total = sum_chunk(activations);
  let unit = times(activations, UNIT);
  return mat4x4f(
    accumulate(a.scale, dot_chunk(a.q, unit), total, sums[0]),
    accumulate(b.scale, dot_chunk(b.q, unit), total, sums[1]),
    accumulate(c.scale, dot_chunk(c.q, unit), total, sums[2]),
    accumulate(d.scale, dot_chunk(d.q, unit), total, sums[3]),
  );
}

fn add_components(sums: mat4x4f) -> vec4f {
  let t = transpose(sums);
  return (t[0] + t[1]) + (t[2] + t[3]);
}

// One lane's share of four weight rows, a column per row of x; the first of those begins at x[base].
fn lane_sums(rows: vec4u, base: u32, lane: u32) -> mat4x4f {
  let stride = 8u * CHUNKS;
  var sums0 = mat4x4f();
  var sums1 = mat4x4f();
  var sums2 = mat4x4f();
  var sums3 = mat4x4f();
  for (var chunk = lane; chunk < CHUNKS; chunk += LANES) {
    let a = load_weights(rows.x, chunk);
    let b = load_weights(rows.y, chunk);
    let c = load_weights(rows.z, chunk);
    let d = load_weights(rows.w, chunk);
    let at = base + 8u * chunk;
    sums0 = add_products(at, a, b, c, d, sums0);
    sums1 = add_products(at + stride, a, b, c, d, sums1);
    sums2 = add_products(at + 2u * stride, a, b, c, d, sums2);
    sums3 = add_products(at + 3u * stride, a, b, c, d, sums3);
  }
  return mat4x4f(add_components(sums0), add_components(sums1), add_components(sums2), add_components(sums3));
}

// The first output of a thread's team.
fn first_output(workgroup: u32, thread: u32) -> u32 {
  return outputs_per_team() * (workgroup * (WORKGROUP / LANES) + thread / LANES);
}

// A team's products for its four weight rows, a column for each of the rows of x from `row` on; to each of its threads.
fn team_sums(row: u32, first: u32, thread: u32) -> mat4x4f {
  let lane = thread % LANES;
  var sums = lane_sums(weight_rows(first), 8u * CHUNKS * row, lane);
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
