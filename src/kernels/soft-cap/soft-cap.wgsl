// Keeps logits between −SOFT_CAP and SOFT_CAP (Gemma 2 Technical Report 2024, §2), a thread four numbers.

@group(0) @binding(0) var<storage, read_write> y: array<vec4f>;   // [rows][STRIDE]

override STRIDE: u32;     // vec4s in a row
override SOFT_CAP: f32;

const WORKGROUP = 64u;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= STRIDE) {
    return;
  }
  let at = id.z * STRIDE + id.x;
  let v = y[at];
  y[at] = vec4f(soft_cap(v.x, SOFT_CAP), soft_cap(v.y, SOFT_CAP), soft_cap(v.z, SOFT_CAP), soft_cap(v.w, SOFT_CAP));
}
