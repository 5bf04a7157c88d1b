// Y = X · Wᵀ over activations that are int8 codes (shared/quantize.wgsl), shared out among threads as in matmul.wgsl, in a class
// of numerics of its own: a vector's products are integers, whose sum is exact in any order; it becomes a number by the scale
// of the activations and by scale and bias of the weights, and then the vectors of a lane are added in their order, and then
// the lanes (solo.wgsl, team.wgsl). So a row's result depends on nothing beside it here either.
//
// Lines with {o} are repeated for each weight row, with {r} for each row of activations (unroll.ts).

@group(0) @binding(0) var<storage, read> x: array<vec2u>;        // [rows][CHUNK_PAIRS · CHUNKS]
@group(0) @binding(1) var<storage, read> codes: array<vec4u>;    // [weight rows][vectors]
@group(0) @binding(2) var<storage, read> scales: array<u32>;     // [weight rows][SCALE_WORDS]

override WORKGROUP: u32;   // threads
override LANES: u32;       // threads per output, a divisor of WORKGROUP

// The first weight row's output of a thread's team.
fn first_output(workgroup: u32, thread: u32) -> u32 {
  return outputs_per_team() * (workgroup * (WORKGROUP / LANES) + thread / LANES);
}

// Keeps a thread's share of the products of the team whose first output is `first` with the rows of x from `row` on.
fn multiply(row: u32, first: u32, ids: Ids) {
  let w{o} = weight_row(first, {o}u);
  let x{r} = CHUNK_PAIRS * CHUNKS * (row + {r}u);
  var sum{o}_{r} = 0.0;
  for (var vector = first_vector(ids); vector < vectors(); vector += LANES) {
    var v{o} = codes[w{o} * vectors() + vector];
    var dot{o}_{r} = 0i;
    let at{r} = first_pair(x{r}, vector);
    for (var pair = 0u; pair < VECTOR_PAIRS; pair++) {
      let a{r} = x[at{r} + pair];
      let q{o} = pair_of(v{o});
      dot{o}_{r} = add_pair(dot{o}_{r}, q{o}, a{r});
      v{o} = next_pair(v{o});
    }
    let s{o} = scale_of(w{o}, vector);
    let t{r} = scaling_of(x{r}, vector);
    sum{o}_{r} = add_dot(sum{o}_{r}, dot{o}_{r}, s{o}, t{r});
  }
  keep(ids.thread, {r}u * OUTPUTS_PER_THREAD + {o}u, sum{o}_{r});
}
