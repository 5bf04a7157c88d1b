// The products into y, by the epilogue.

@group(0) @binding(3) var<storage, read_write> y: array<f32>;    // [rows][Y_STRIDE]; rows are a multiple of four

override Y_OFFSET: u32;    // where in a row of y the outputs begin
override Y_STRIDE: u32;

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) workgroups: vec3u,
  @builtin(local_invocation_index) thread: u32,
) {
  let first = first_output(workgroup.y * workgroups.x + workgroup.x, thread);
  let row = 4u * workgroup.z;
  let sums = team_sums(row, first, thread);
  if (thread % LANES == 0u) {
    let at = row * Y_STRIDE + Y_OFFSET + first;
    finish(at, first, sums[0]);
    finish(at + Y_STRIDE, first, sums[1]);
    finish(at + 2u * Y_STRIDE, first, sums[2]);
    finish(at + 3u * Y_STRIDE, first, sums[3]);
  }
}
