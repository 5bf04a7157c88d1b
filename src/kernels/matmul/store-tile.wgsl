// The products of a tile into y, by the epilogue. The counterpart of store.wgsl for tiled.wgsl and integer-tiled.wgsl, whose
// lines are repeated in the same way.

@group(0) @binding(3) var<storage, read_write> y: array<f32>;    // [rows][Y_STRIDE]

override Y_OFFSET: u32;    // where in a row of y the outputs begin
override Y_STRIDE: u32;

fn product(thread: u32, i: u32) -> f32 {
  return sum_of(thread, i);
}

fn store(row: u32, output: u32, thread: u32, i: u32) {
  if (output < OUTPUTS && row < arrayLength(&y) / Y_STRIDE) {
    finish(row * Y_STRIDE + Y_OFFSET + output, thread, i);
  }
}

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) workgroups: vec3u,
  @builtin(local_invocation_index) thread: u32,
) {
  let first = first_output(workgroup.y * workgroups.x + workgroup.x);
  let first_row = TILE_ROWS * workgroup.z;
  multiply(first_row, first, thread);
  let output = first + thread % COLUMNS;
  let row = first_row + thread / COLUMNS;
  if ({o}u < outputs_per_thread()) {
    store(row + {r}u * LINES, output + {o}u * COLUMNS, thread, {r}u * OUTPUTS_PER_THREAD + {o}u);
  }
}
