// x / sqrt(mean(x²) + EPSILON) · weight, a workgroup a row (Zhang and Sennrich 2019). store.wgsl or codes.wgsl says what
// becomes of it.

@group(0) @binding(0) var<storage, read> x: array<vec4f>;          // [rows][STRIDE], zero beyond the width
@group(0) @binding(1) var<storage, read> weight: array<vec4f>;     // [STRIDE], zero beyond the width

override STRIDE: u32;     // vec4s in a row
override WIDTH: f32;      // numbers in a row
override EPSILON: f32;

const WORKGROUP = 64u;

var<workgroup> partial: array<f32, WORKGROUP>;   // [thread]: its share of the sum of squares

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) thread: u32) {
  let base = workgroup.z * STRIDE;
  var squares = vec4f();
  for (var i = thread; i < STRIDE; i += WORKGROUP) {
    let v = x[base + i];
    squares = fma(v, v, squares);
  }
  partial[thread] = (squares.x + squares.y) + (squares.z + squares.w);
  workgroupBarrier();
  var sum = 0.0;
  for (var i = 0u; i < WORKGROUP; i++) {
    sum += partial[i];
  }
  let factor = 1.0 / sqrt(sum / WIDTH + EPSILON);
  write_row(workgroup.z, thread, factor);
}
