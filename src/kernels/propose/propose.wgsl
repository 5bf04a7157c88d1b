// Drafted tokens, behind the tokens their sequences have: a length that does not reach them makes them nobody's.

@group(0) @binding(0) var<storage, read> rows: array<vec4u>;          // [rows]: token, position, slot, place
@group(0) @binding(1) var<storage, read> picked: array<u32>;          // [OUTPUTS]: row of each output
@group(0) @binding(2) var<storage, read> chosen: array<u32>;          // [OUTPUTS]: token ids
@group(0) @binding(3) var<storage, read_write> tokens: array<u32>;    // [slots][TOKENS_STRIDE]

override OUTPUTS: u32;
override TOKENS_STRIDE: u32;

const WORKGROUP = 64u;
const DEAD_ROW = 0xffffffffu;   // as in shared/slot-state.wgsl

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= OUTPUTS) {
    return;
  }
  let row = rows[picked[id.x]];
  if (row.w != DEAD_ROW) {
    tokens[row.z * TOKENS_STRIDE + row.y + 1u] = chosen[id.x];
  }
}
