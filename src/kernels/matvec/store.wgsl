// The products into y, by the epilogue.

@group(0) @binding(3) var<storage, read_write> y: array<f32>;    // [1][Y_STRIDE]

override Y_OFFSET: u32;    // where in the row of y the outputs begin

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) workgroups: vec3u,
  @builtin(local_invocation_index) thread: u32,
) {
  let first = first_output(workgroup.y * workgroups.x + workgroup.x, thread);
  let sums = team_sums(first, thread);
  if (thread % LANES == 0u) {
    finish(Y_OFFSET + first, first, sums);
  }
}
