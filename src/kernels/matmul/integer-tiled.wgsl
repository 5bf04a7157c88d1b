// What integer.wgsl gives, for many rows: tiles as in tiled.wgsl, of codes. A stage is two chunks of each row. The lanes of the
// class are walked one after another, each in its own order of vectors; so the additions are those of integer.wgsl, and so
// are the bits.
//
// Lines with {o} are repeated for each weight row of a thread, with {r} for each of its rows of activations (unroll.ts).

@group(0) @binding(0) var<storage, read> x: array<vec2u>;        // [rows][CHUNK_PAIRS · CHUNKS]
@group(0) @binding(1) var<storage, read> codes: array<vec4u>;    // [weight rows][vectors]
@group(0) @binding(2) var<storage, read> scales: array<u32>;     // [weight rows][SCALE_WORDS]

override WORKGROUP: u32;   // threads, COLUMNS · LINES
override LANES: u32;       // of the class

const STAGE_PAIRS = 8u;
const STAGE_VECTORS = STAGE_PAIRS / VECTOR_PAIRS;

var<workgroup> tile_weights: array<array<vec2u, TILE_OUTPUTS>, STAGE_PAIRS>;
var<workgroup> tile_x: array<array<vec2u, TILE_ROWS>, STAGE_PAIRS>;
var<workgroup> tile_scales: array<array<vec2f, TILE_OUTPUTS>, STAGE_VECTORS>;
var<workgroup> tile_scalings: array<array<vec2f, TILE_ROWS>, STAGE_VECTORS>;

// The first output of a workgroup.
fn first_output(workgroup: u32) -> u32 {
  return outputs_per_team() * workgroup;
}

// The stage's vectors of the tile's weight rows: from `first_vector` on every LANES-th, zero beyond a row's end.
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
    for (var pair = 0u; pair < VECTOR_PAIRS; pair++) {
      tile_weights[s * VECTOR_PAIRS + pair][o] = pair_of(v);
      v = next_pair(v);
    }
    tile_scales[s][o] = scale;
  }
}

fn stage_x(first_row: u32, first_vector: u32, thread: u32) {
  for (var i = thread; i < TILE_ROWS * STAGE_VECTORS; i += WORKGROUP) {
    let r = i % TILE_ROWS;
    let s = i / TILE_ROWS;
    let vector = first_vector + LANES * s;
    let base = CHUNK_PAIRS * CHUNKS * (first_row + r);
    var scaling = vec2f();
    for (var pair = 0u; pair < VECTOR_PAIRS; pair++) {
      var a = vec2u();
      if (vector < vectors()) {
        a = x[first_pair(base, vector) + pair];
      }
      tile_x[s * VECTOR_PAIRS + pair][r] = a;
    }
    if (vector < vectors()) {
      scaling = scaling_of(base, vector);
    }
    tile_scalings[s][r] = scaling;
  }
}

// Keeps the thread's products: weight row column + {o} · COLUMNS of the tile with row line + {r} · LINES.
fn multiply(first_row: u32, first: u32, thread: u32) {
  let column = thread % COLUMNS;
  let line = thread / COLUMNS;
  var product{o}_{r} = 0.0;
  for (var lane = 0u; lane < LANES; lane++) {
    var sum{o}_{r} = 0.0;
    for (var vector = lane; vector < vectors(); vector += LANES * STAGE_VECTORS) {
      workgroupBarrier();
      stage_weights(first, vector, thread);
      stage_x(first_row, vector, thread);
      workgroupBarrier();
      for (var s = 0u; s < STAGE_VECTORS; s++) {
        var dot{o}_{r} = 0i;
        for (var pair = s * VECTOR_PAIRS; pair < (s + 1u) * VECTOR_PAIRS; pair++) {
          let w{o} = tile_weights[pair][column + {o}u * COLUMNS];
          let a{r} = tile_x[pair][line + {r}u * LINES];
          dot{o}_{r} = add_pair(dot{o}_{r}, w{o}, a{r});
        }
        let scale{o} = tile_scales[s][column + {o}u * COLUMNS];
        let scaling{r} = tile_scalings[s][line + {r}u * LINES];
        sum{o}_{r} = add_dot(sum{o}_{r}, dot{o}_{r}, scale{o}, scaling{r});
      }
    }
    product{o}_{r} += sum{o}_{r};
  }
  keep(thread, {r}u * OUTPUTS_PER_THREAD + {o}u, product{o}_{r});
}
