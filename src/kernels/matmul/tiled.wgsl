// Y = X · Wᵀ for many rows. A workgroup has a tile of TILE_OUTPUTS weight rows and TILE_ROWS rows of activations, of which
// each thread multiplies OUTPUTS_PER_THREAD with ROWS_PER_THREAD. Weights are decoded once for the tile: stage by stage, a
// stage being 32 weights of each row, they and the activations lie in workgroup memory, zero beyond a row's end, so that
// the inner loop asks nothing. The lanes of the class are walked one after another, each in its own order of vectors; so
// the additions are those of matmul.wgsl, and so are the bits.
//
// Lines with {o} are repeated for each weight row of a thread, with {r} for each of its rows of activations (unroll.ts).

@group(0) @binding(0) var<storage, read> x: array<vec4f>;        // [rows][8 · CHUNKS], zero beyond the width
@group(0) @binding(1) var<storage, read> codes: array<vec4u>;    // [weight rows][vectors]
@group(0) @binding(2) var<storage, read> scales: array<u32>;     // [weight rows][SCALE_WORDS]; not read for floats

override WORKGROUP: u32;   // threads, COLUMNS · LINES
override LANES: u32;       // of the class

const STAGE_QUADS = 8u;
const STAGE_VECTORS = STAGE_QUADS / VECTOR_QUADS;

var<workgroup> tile_weights: array<array<vec4f, TILE_OUTPUTS>, STAGE_QUADS>;
var<workgroup> tile_x: array<array<vec4f, TILE_ROWS>, STAGE_QUADS>;             // times UNIT
var<workgroup> tile_scales: array<array<vec2f, TILE_OUTPUTS>, STAGE_VECTORS>;
var<workgroup> tile_totals: array<array<vec2f, TILE_ROWS>, STAGE_VECTORS>;      // of the activations, and of squares

// The first output of a workgroup.
fn first_output(workgroup: u32) -> u32 {
  return outputs_per_team() * workgroup;
}

// Decodes the stage's vectors of the tile's weight rows, of which `first_vector` is the first and every LANES-th belongs to
// the stage.
fn stage_weights(first: u32, first_vector: u32, thread: u32) {
  for (var i = thread; i < TILE_OUTPUTS * STAGE_VECTORS; i += WORKGROUP) {
    let o = i % TILE_OUTPUTS;
    let s = i / TILE_OUTPUTS;
    let row = weight_row(first, o);
    let vector = first_vector + LANES * s;
    var v = vec4u();
    var scale = vec2f();
    if (vector < vectors()) {
      v = codes[row * vectors() + vector];
      scale = scale_of(row, vector);
    }
    for (var step = 0u; step < VECTOR_QUADS; step += STEP_QUADS) {
      for (var q = 0u; q < STEP_QUADS; q++) {
        tile_weights[s * VECTOR_QUADS + step + q][o] = quad_of(v, q);
      }
      v = next(v);
    }
    tile_scales[s][o] = scale;
  }
}

fn stage_x(first_row: u32, first_vector: u32, thread: u32) {
  for (var i = thread; i < TILE_ROWS * STAGE_VECTORS; i += WORKGROUP) {
    let r = i % TILE_ROWS;
    let s = i / TILE_ROWS;
    let vector = first_vector + LANES * s;
    let at = 8u * CHUNKS * (first_row + r) + VECTOR_QUADS * vector;
    var total = vec4f();
    var squares = 0.0;
    for (var q = 0u; q < VECTOR_QUADS; q++) {
      var a = vec4f();
      if (vector < vectors()) {
        let h = x[at + q];
        squares = add_squares(squares, h);
        a = weighted(h, gamma_at(VECTOR_QUADS * vector + q));
      }
      total += a;
      tile_x[s * VECTOR_QUADS + q][r] = a * UNIT;
    }
    tile_totals[s][r] = vec2f((total.x + total.y) + (total.z + total.w), squares);
  }
}

fn add_quad(sum: f32, a: vec4f, b: vec4f) -> f32 {
  return fma(a.w, b.w, fma(a.z, b.z, fma(a.y, b.y, fma(a.x, b.x, sum))));
}

// Keeps the thread's products: weight row column + {o} · COLUMNS of the tile with row line + {r} · LINES.
fn multiply(first_row: u32, first: u32, thread: u32) {
  let column = thread % COLUMNS;
  let line = thread / COLUMNS;
  var product{o}_{r} = 0.0;
  var squares{r} = 0.0;
  for (var lane = 0u; lane < LANES; lane++) {
    var sum{o}_{r} = 0.0;
    var lane_squares{r} = 0.0;
    for (var vector = lane; vector < vectors(); vector += LANES * STAGE_VECTORS) {
      workgroupBarrier();
      stage_weights(first, vector, thread);
      stage_x(first_row, vector, thread);
      workgroupBarrier();
      for (var s = 0u; s < STAGE_VECTORS; s++) {
        var dot{o}_{r} = sum_before(sum{o}_{r});
        for (var q = s * VECTOR_QUADS; q < (s + 1u) * VECTOR_QUADS; q++) {
          let w{o} = tile_weights[q][column + {o}u * COLUMNS];
          let u{r} = tile_x[q][line + {r}u * LINES];
          dot{o}_{r} = add_quad(dot{o}_{r}, w{o}, u{r});
        }
        let scale{o} = tile_scales[s][column + {o}u * COLUMNS];
        let total{r} = tile_totals[s][line + {r}u * LINES];
        sum{o}_{r} = sum_after(sum{o}_{r}, dot{o}_{r}, scale{o}, total{r}.x);
        lane_squares{r} += total{r}.y;
      }
    }
    product{o}_{r} += sum{o}_{r};
    squares{r} += lane_squares{r};
  }
  keep(thread, {r}u * OUTPUTS_PER_THREAD + {o}u, normed(product{o}_{r}, squares{r}));
}
