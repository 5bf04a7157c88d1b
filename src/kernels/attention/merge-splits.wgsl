// What a row's head gathered, from the partial results of its splits. A thread has four numbers of one head of one row.

@group(0) @binding(0) var<storage, read> rows: array<vec4u>;       // [rows]: token, position, sequence, place in its run
@group(0) @binding(1) var<storage, read> partials: array<vec4f>;   // as in splits.wgsl
@group(0) @binding(2) var<storage, read_write> y: array<vec4f>;    // [rows][Y_STRIDE]

override Q_HEADS: u32;
override HEAD_DIM: u32;
override Y_STRIDE: u32;

const BLOCK = 32u;   // positions, as in kv-pool.wgsl
const WORKGROUP = 64u;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let quads = HEAD_DIM / 4u;
  let head = id.x / quads;
  let quad = id.x % quads;
  if (head >= Q_HEADS) {
    return;
  }
  let position = rows[id.z].y;
  var merged = nothing();
  for (var split = first_seen(position) / SPLIT; split <= position / SPLIT; split++) {
    let at = partial_at(id.z, head, split);
    let known = partials[at + quads];
    merged = merge(merged, Partial(partials[at + quad], known.x, known.y));
  }
  y[id.z * (Y_STRIDE / 4u) + id.x] = merged.sum / merged.total;
}
