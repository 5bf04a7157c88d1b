// Copies the rows whose logits are asked for, so that the final norm and the LM head run on those alone.

@group(0) @binding(0) var<storage, read> x: array<vec4f>;          // [rows][STRIDE]
@group(0) @binding(1) var<storage, read> picked: array<u32>;       // [picked rows]: index into x
@group(0) @binding(2) var<storage, read_write> y: array<vec4f>;    // [picked rows][STRIDE]

override STRIDE: u32;   // vec4s in a row

const WORKGROUP = 64u;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) thread: u32) {
  let column = workgroup.x * WORKGROUP + thread;
  if (column < STRIDE) {
    y[workgroup.z * STRIDE + column] = x[picked[workgroup.z] * STRIDE + column];
  }
}
