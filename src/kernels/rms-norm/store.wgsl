// A normed row as it is. Where a norm follows its sublayer, y is the residual, to which it is added.

@group(0) @binding(2) var<storage, read_write> y: array<vec4f>;    // [rows][STRIDE]

override ADD: u32;        // 1: added to what y holds

fn write_row(row: u32, thread: u32, factor: f32) {
  let base = row * STRIDE;
  for (var i = thread; i < STRIDE; i += WORKGROUP) {
    let normed = x[base + i] * factor * weight[i];
    if (ADD == 1u) {
      y[base + i] += normed;
    } else {
      y[base + i] = normed;
    }
  }
}
