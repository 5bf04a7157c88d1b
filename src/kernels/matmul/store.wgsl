// The products into y, by the epilogue. Rows of x and y beyond those of a pass are in the buffers or they are not; then
// they are neither asked for nor written.

@group(0) @binding(3) var<storage, read_write> y: array<f32>;    // [rows][Y_STRIDE]

override Y_OFFSET: u32;    // where in a row of y the outputs begin
override Y_STRIDE: u32;

// Product `i` of a thread's team.
fn product(thread: u32, i: u32) -> f32 {
  return normed(sum_of(thread, i), squares_of(thread, i / OUTPUTS_PER_THREAD));
}

@compute @workgroup_size(WORKGROUP)
fn main(ids: Ids) {
  let thread = ids.thread;
  let first = first_output(ids.workgroup.y * ids.workgroups.x + ids.workgroup.x, thread);
  let first_row = ROWS_PER_THREAD * ids.workgroup.z;
  multiply(first_row, first, ids);
  meet();
  let outputs = outputs_per_team();
  for (var i = thread % LANES; i < ROWS_PER_THREAD * outputs; i += LANES) {
    let row = first_row + i / outputs;
    let output = first + i % outputs;
    if (output < OUTPUTS && row < arrayLength(&y) / Y_STRIDE) {
      finish(row * Y_STRIDE + Y_OFFSET + output, thread, OUTPUTS_PER_THREAD * (i / outputs) + i % outputs);
    }
  }
}
