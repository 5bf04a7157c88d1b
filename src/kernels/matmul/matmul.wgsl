// Y = X · Wᵀ. A thread multiplies OUTPUTS_PER_THREAD weight rows with ROWS_PER_THREAD rows of activations, so that each
// weight is decoded once for all those rows, and each activation is loaded once for all those weights. LANES threads, a
// team, share them, each taking every LANES-th vector of a row, so that a team reads what lies together.
//
// The order of additions is the numerics class, the same in whatever variant: within a vector in the order of the weights,
// then scale and bias, then the vectors of a lane in their order, then the lanes (solo.wgsl, team.wgsl). So a row's result
// depends neither on the rows beside it nor on how threads share the work.
//
// Lines with {o} are repeated for each weight row, with {r} for each row of activations, with {t} for the turns of a step,
// with {q} for the quads of a turn (unroll.ts). STEPS stands for a loop over the steps of a vector, or for none where a step is
// a whole vector; ACTIVATION for that of row {r} and quad {q} of turn {t}, among what `read_at` gives (matmul.ts).

@group(0) @binding(0) var<storage, read> x: array<vec4f>;        // [rows][8 · CHUNKS], zero beyond the width
@group(0) @binding(1) var<storage, read> codes: array<vec4u>;    // [weight rows][vectors]
@group(0) @binding(2) var<storage, read> scales: array<u32>;     // [weight rows][SCALE_WORDS]; not read for floats

override WORKGROUP: u32;   // threads
override LANES: u32;       // threads per output, a divisor of WORKGROUP

// The first weight row's output of a thread's team.
fn first_output(workgroup: u32, thread: u32) -> u32 {
  return outputs_per_team() * (workgroup * (WORKGROUP / LANES) + thread / LANES);
}

fn add_quad(sum: f32, a: vec4f, b: vec4f) -> f32 {
  return fma(a.w, b.w, fma(a.z, b.z, fma(a.y, b.y, fma(a.x, b.x, sum))));
}

// Keeps a thread's share of the products of the team whose first output is `first` with the rows of x from `row` on.
fn multiply(row: u32, first: u32, ids: Ids) {
  let w{o} = weight_row(first, {o}u);
  let places = places_of(row, ids);
  var sum{o}_{r} = 0.0;
  var squares{r} = 0.0;
  for (var vector = first_vector(ids); vector < vectors(); vector += LANES) {
    var v{o} = codes[w{o} * vectors() + vector];
    var dot{o}_{r} = sum_before(sum{o}_{r});
    var total{r} = vec4f();
    var square{r} = 0.0;
    STEPS {
      let at = VECTOR_QUADS * vector + step;
      let read = read_at(places, at);
      /* turn {t} */ {
        let g_{q} = gamma_at(at + STEP_QUADS * {t}u + {q}u);
        let h{r}_{q} = ACTIVATION;
        square{r} = add_squares(square{r}, h{r}_{q});
        let a{r}_{q} = weighted(h{r}_{q}, g_{q});
        total{r} += a{r}_{q};
        let u{r}_{q} = a{r}_{q} * UNIT;
        /* weight row {o} */ {
          let q_{q} = quad_of(v{o}, {q}u);
          dot{o}_{r} = add_quad(dot{o}_{r}, q_{q}, u{r}_{q});
          v{o} = next(v{o});
        }
      }
    }
    let s{o} = scale_of(w{o}, vector);
    let t{r} = (total{r}.x + total{r}.y) + (total{r}.z + total{r}.w);
    sum{o}_{r} = sum_after(sum{o}_{r}, dot{o}_{r}, s{o}, t{r});
    squares{r} += square{r};
  }
  keep(ids.thread, {r}u * OUTPUTS_PER_THREAD + {o}u, sum{o}_{r});
  keep_squares(ids.thread, {r}u, squares{r});
}
