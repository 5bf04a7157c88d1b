// Causal attention over blocks of keys and values, with a running softmax (Milakov and Gimelshein 2018; Dao et al. 2022). A
// workgroup takes one kv head for a run of rows: rows of one sequence at consecutive positions. Each tile, which is one
// block, is read for all of the run's queries: HEADS query heads of each row. Keys and values are read as stored, also those
// of the row's own chunk; tiles that no row of the run sees are not read at all.
//
// A tile goes through three phases. Scores: a team of 32 threads has one position each, and SCORED queries. Shares: eight
// threads a query. Sums: a team of HEAD_DIM / 4 threads has four numbers of the head each, and SUMMED queries.
//
// The order of additions below is the numerics class: which rows share a workgroup, how large its teams are, and whether its
// splits are merged here or by `merge-splits`, changes no bit. Positions fall into splits of SPLIT_BLOCKS blocks, counted
// from the sequence's first. Within a split the blocks follow each other: the sum of a block's positions, in order, is added
// to what the blocks before it left, faded to the new maximum. Splits are merged in order, as in splits.wgsl. A position that
// a row does not see has a share of zero, which adds nothing.

@group(0) @binding(0) var<storage, read> qkv: array<vec4f>;        // [rows][QKV_STRIDE]: rotated queries first
@group(0) @binding(1) var<storage, read> rows: array<vec4u>;       // [rows]: token, position, sequence, place in its run
@group(0) @binding(2) var<storage, read> tables: array<u32>;       // [sequences][TABLE_STRIDE]
@group(0) @binding(3) var<storage, read> keys: array<vec4u>;       // a pool
@group(0) @binding(4) var<storage, read> values: array<vec2u>;     // a pool
@group(0) @binding(5) var<storage, read_write> y: array<vec4f>;    // [rows][Y_STRIDE], or partial results (splits.wgsl)

override Q_HEADS: u32;
override QKV_STRIDE: u32;
override Y_STRIDE: u32;
override SCALE: f32;      // of the scores, usually 1 / sqrt(HEAD_DIM)
override SOFT_CAP: f32;   // 0: none
override ROWS: u32;       // of a run that a workgroup takes, at most
override HEADS: u32;      // query heads that it takes: all of a kv head, or a part of them
override WORKGROUP: u32;  // threads; a multiple of 32

// SCORED, SUMMED and SHARED, the tasks of a thread in each phase, stand before this text (attention.ts).

const POSITIONS = BLOCK / 4u;   // vectors of shares of a query
const MASKED = -3.0e38;

// What a workgroup has before it; the same for all its threads.
struct Run {
  rows: u32,         // 0: nothing
  position: u32,     // of the first row
  sequence: u32,
}

var<workgroup> run: Run;
var<workgroup> scores: array<f32, ROWS * HEADS * BLOCK>;               // of this tile: [rows][HEADS][positions]
var<workgroup> shares: array<vec4f, ROWS * HEADS * POSITIONS>;         // exp(score − maximum of the split so far)
var<workgroup> fades: array<f32, ROWS * HEADS>;                        // exp(maximum before − maximum now)
var<workgroup> maxima: array<f32, ROWS * HEADS>;                       // of the split so far

// Whether the row `row` goes on with the run that the row before it belongs to.
fn follows(row: u32) -> bool {
  let before = rows[row - 1u];
  let own = rows[row];
  return own.z == before.z && own.y == before.y + 1u && own.w == before.w + 1u && own.w % ROWS != 0u;
}

// The run that begins at row `row`, of `count` rows in all; it is empty where the row belongs to one that began before.
fn run_at(row: u32, count: u32) -> Run {
  var found = Run(1u, rows[row].y, rows[row].z);
  if (row > 0u && follows(row)) {
    found.rows = 0u;
    return found;
  }
  while (found.rows < ROWS && row + found.rows < count && follows(row + found.rows)) {
    found.rows++;
  }
  return found;
}

// Where the numbers of a query begin in `qkv`, of the workgroup whose first row and head are given.
fn query_at(query: u32, first_row: u32, first_head: u32) -> u32 {
  return (first_row + query / HEADS) * (QKV_STRIDE / 4u) + (first_head + query % HEADS) * (HEAD_DIM / 4u);
}

// Scores of the tile's position `position` for SCORED queries from `query` on; in the sequence it is at `at`, and the first
// row of the run at `first_position`.
fn score_queries(
  tile: u32,
  position: u32,
  query: u32,
  first_row: u32,
  first_head: u32,
  at: u32,
  first_position: u32,
) {
  var products = array<vec4f, SCORED>();
  var begin: array<u32, SCORED>;
  for (var j = 0u; j < SCORED; j++) {  // unrolled
    begin[j] = query_at(query + j, first_row, first_head);
  }  // unrolled
  for (var piece = 0u; piece < key_pieces(); piece++) {
    let key = keys[key_word(tile, position, piece) / 4u];
    if (KV_FORMAT == INT8) {
      let word = scale_word(tile, 16u * piece / GROUP, position);
      let scale = bitcast<f32>(keys[word / 4u][word % 4u]);
      let a = scale * unpack4x8snorm(key.x);
      let b = scale * unpack4x8snorm(key.y);
      let c = scale * unpack4x8snorm(key.z);
      let d = scale * unpack4x8snorm(key.w);
      for (var j = 0u; j < SCORED; j++) {  // unrolled
        let i = begin[j] + 4u * piece;
        let low = fma(qkv[i + 1u], b, fma(qkv[i], a, products[j]));
        products[j] = fma(qkv[i + 3u], d, fma(qkv[i + 2u], c, low));
      }  // unrolled
    } else if (KV_FORMAT == F16) {
      let a = vec4f(unpack2x16float(key.x), unpack2x16float(key.y));
      let b = vec4f(unpack2x16float(key.z), unpack2x16float(key.w));
      for (var j = 0u; j < SCORED; j++) {  // unrolled
        let i = begin[j] + 2u * piece;
        products[j] = fma(qkv[i + 1u], b, fma(qkv[i], a, products[j]));
      }  // unrolled
    } else {
      let a = bitcast<vec4f>(key);
      for (var j = 0u; j < SCORED; j++) {  // unrolled
        products[j] = fma(qkv[begin[j] + piece], a, products[j]);
      }  // unrolled
    }
  }
  for (var j = 0u; j < SCORED; j++) {  // unrolled
    if (query + j < ROWS * HEADS) {
      let row = first_position + (query + j) / HEADS;
      let product = SCALE * ((products[j].x + products[j].y) + (products[j].z + products[j].w));
      let seen = at <= row && at >= first_seen(row);
      scores[(query + j) * BLOCK + position] = select(MASKED, capped(product), seen);
    }
  }  // unrolled
}

fn capped(score: f32) -> f32 {
  if (SOFT_CAP > 0.0) {
    return soft_cap(score, SOFT_CAP);
  }
  return score;
}

// Makes shares of four of a query's scores, the `eighth`-th. @returns the maximum of the split so far, which was `before`.
fn share_scores(query: u32, eighth: u32, before: f32) -> f32 {
  var highest = before;
  for (var i = 0u; i < BLOCK; i++) {
    highest = max(highest, scores[query * BLOCK + i]);
  }
  let at = query * BLOCK + 4u * eighth;
  let own = vec4f(scores[at], scores[at + 1u], scores[at + 2u], scores[at + 3u]);
  shares[query * POSITIONS + eighth] = select(vec4f(), exp(own - highest), own > vec4f(MASKED));
  if (eighth == 0u) {
    fades[query] = exp(before - highest);
    maxima[query] = highest;
  }
  return highest;
}

// Numbers 4 · quad … 4 · quad + 3 of the value of the tile's position `position`.
fn value_quad(tile: u32, position: u32, quad: u32) -> vec4f {
  let word = value_word(tile, position);
  if (KV_FORMAT == F32) {
    let at = word / 2u + 2u * quad;
    return bitcast<vec4f>(vec4u(values[at], values[at + 1u]));
  }
  if (KV_FORMAT == F16) {
    let halves = values[word / 2u + quad];
    return vec4f(unpack2x16float(halves.x), unpack2x16float(halves.y));
  }
  let scale = scale_word(tile, 4u * quad / GROUP, position);
  let codes = values[(word + quad) / 2u][quad % 2u];
  return unpack4x8snorm(codes) * bitcast<f32>(values[scale / 2u][scale % 2u]);
}

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) workgroups: vec3u,
  @builtin(local_invocation_index) thread: u32,
) {
  if (thread == 0u) {
    run = run_at(workgroup.z, workgroups.z);
  }
  let found = workgroupUniformLoad(&run);
  if (found.rows == 0u) {
    return;
  }
  let first = first_seen(found.position);
  let end = found.position + found.rows;            // beyond the last position seen
  let parts = Q_HEADS / KV_HEADS / HEADS;           // of the query heads of a kv head
  let kv_head = workgroup.x / parts;
  let first_head = workgroup.x * HEADS;
  let live = found.rows * HEADS;                    // queries
  let position = thread % BLOCK;
  let team = thread / BLOCK * SCORED;
  let quads = HEAD_DIM / 4u;
  let quad = thread % quads;
  let first_query = thread / quads * SUMMED;        // of those this thread sums; it takes every `stride`-th SUMMED
  let stride = WORKGROUP / quads * SUMMED;
  let summing = thread < WORKGROUP / quads * quads;
  var merged: array<Partial, SUM_TURNS * SUMMED>;
  for (var k = 0u; k < SUM_TURNS * SUMMED; k++) {
    merged[k] = nothing();
  }
  for (var split = first / SPLIT + workgroup.y; split * SPLIT < end; split += workgroups.y) {
    var sums = array<vec4f, SUM_TURNS * SUMMED>();
    var totals = array<vec4f, SUM_TURNS * SUMMED>();
    var highest: array<f32, SHARED>;
    for (var k = 0u; k < SHARED; k++) {
      highest[k] = MASKED;
    }
    let end_block = min((split + 1u) * SPLIT_BLOCKS, (end + BLOCK - 1u) / BLOCK);
    for (var block = max(split * SPLIT_BLOCKS, first / BLOCK); block < end_block; block++) {
      let tile = tile_word(found.sequence, block * BLOCK, kv_head);
      for (var query = team; query < live; query += WORKGROUP / BLOCK * SCORED) {
        score_queries(tile, position, query, workgroup.z, first_head, block * BLOCK + position, found.position);
      }
      workgroupBarrier();

      for (var k = 0u; k < SHARED; k++) {
        let query = (thread + k * WORKGROUP) / POSITIONS;
        if (query < live) {
          let before = highest[k];
          highest[k] = share_scores(query, thread % POSITIONS, before);
        }
      }
      workgroupBarrier();

      for (var k = 0u; k < SUM_TURNS; k++) {
        let query = first_query + k * stride;
        if (summing && query < live) {
          var sum: array<vec4f, SUMMED>;
          var total = array<vec4f, SUMMED>();
          for (var j = 0u; j < SUMMED; j++) {  // unrolled
            sum[j] = sums[k * SUMMED + j] * fades[query + j];
          }  // unrolled
          for (var i = 0u; i < POSITIONS; i++) {
            let a = value_quad(tile, 4u * i, quad);
            let b = value_quad(tile, 4u * i + 1u, quad);
            let c = value_quad(tile, 4u * i + 2u, quad);
            let d = value_quad(tile, 4u * i + 3u, quad);
            for (var j = 0u; j < SUMMED; j++) {  // unrolled
              let share = shares[(query + j) * POSITIONS + i];
              let low = fma(vec4f(share.y), b, fma(vec4f(share.x), a, sum[j]));
              sum[j] = fma(vec4f(share.w), d, fma(vec4f(share.z), c, low));
              total[j] += share;
            }  // unrolled
          }
          for (var j = 0u; j < SUMMED; j++) {  // unrolled
            sums[k * SUMMED + j] = sum[j];
            totals[k * SUMMED + j] = fma(totals[k * SUMMED + j], vec4f(fades[query + j]), total[j]);
          }  // unrolled
        }
      }
    }
    for (var k = 0u; k < SUM_TURNS * SUMMED; k++) {
      let query = first_query + k / SUMMED * stride + k % SUMMED;
      if (summing && query < live) {
        let total = (totals[k].x + totals[k].y) + (totals[k].z + totals[k].w);
        if (SPLITS == 0u) {
          merged[k] = merge(merged[k], Partial(sums[k], total, maxima[query]));
        } else {
          let at = partial_at(workgroup.z + query / HEADS, first_head + query % HEADS, split);
          y[at + quad] = sums[k];
          if (quad == 0u) {
            y[at + quads] = vec4f(total, maxima[query], 0.0, 0.0);
          }
        }
      }
    }
  }

  if (SPLITS == 0u && summing) {
    for (var k = 0u; k < SUM_TURNS * SUMMED; k++) {
      let query = first_query + k / SUMMED * stride + k % SUMMED;
      if (query < live) {
        let row = workgroup.z + query / HEADS;
        let head = first_head + query % HEADS;
        y[row * (Y_STRIDE / 4u) + head * quads + quad] = merged[k].sum / merged[k].total;
      }
    }
  }
}
