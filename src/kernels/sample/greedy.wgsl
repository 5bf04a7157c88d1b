// The likeliest token of each output, from the ranks that its head gave in place of logits.

@group(0) @binding(0) var<storage, read> rows: array<vec4u>;         // [rows]: token, position, slot, place
@group(0) @binding(1) var<storage, read> picked: array<u32>;         // [outputs]: index into rows
@group(0) @binding(2) var<storage, read> ranks: array<vec2u>;        // [outputs][RANK_STRIDE]
@group(0) @binding(3) var<storage, read_write> chosen: array<u32>;   // [outputs] ids, NO_TOKEN or BAD_LOGIT

override RANK_STRIDE: u32;

const DEAD_ROW = 0xffffffffu;   // as in shared/slot-state.wgsl, and so are the next two
const NO_TOKEN = 0xffffffffu;
const BAD_LOGIT = 0xfffffffeu;

@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) thread: u32) {
  let output = workgroup.z;
  var first = LAST;
  for (var i = thread; i < RANK_STRIDE; i += THREADS) {
    first = first_of(ranks[output * RANK_STRIDE + i], first);
  }
  first = first_of_all(first, thread);
  if (thread == 0u) {
    let id = select(first.y, BAD_LOGIT, first.x == BAD_KEY);
    chosen[output] = select(id, NO_TOKEN, rows[picked[output]].w == DEAD_ROW);
  }
}
