// A normed row as int8 codes (shared/quantize.wgsl), a thread a chunk. Lines with {q} are repeated for each quad of a chunk.

@group(0) @binding(2) var<storage, read_write> quantized: array<vec4u>;    // [rows][3 · STRIDE / 8]

fn write_row(row: u32, thread: u32, factor: f32) {
  for (var chunk = thread; chunk < STRIDE / 8u; chunk += WORKGROUP) {
    let base = row * STRIDE + 8u * chunk;
    let v{q} = x[base + {q}u] * factor * weight[8u * chunk + {q}u];
    write_chunk(3u * (row * (STRIDE / 8u) + chunk), v0, v1, v2, v3, v4, v5, v6, v7);
  }
}
