// Queries and keys normed before they are rotated, each over its whole projection (OLMo 2, §3; the norm of Zhang and Sennrich
// 2019). A workgroup takes the queries (x = 0) or the keys (x = 1) of one row.

@group(0) @binding(0) var<storage, read_write> qkv: array<f32>;   // [rows][QKV_STRIDE]: queries | keys | values
@group(0) @binding(1) var<storage, read> weight: array<f32>;      // [Q_HEADS + KV_HEADS][HEAD_DIM, padded to 32]

override Q_HEADS: u32;
override KV_HEADS: u32;
override HEAD_DIM: u32;
override QKV_STRIDE: u32;
override EPSILON: f32;

const WORKGROUP = 64u;

var<workgroup> partial: array<f32, WORKGROUP>;   // [thread]: its share of the sum of squares

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) thread: u32) {
  let first_head = select(0u, Q_HEADS, workgroup.x == 1u);
  let width = HEAD_DIM * select(Q_HEADS, KV_HEADS, workgroup.x == 1u);
  let base = workgroup.z * QKV_STRIDE + first_head * HEAD_DIM;
  var squares = 0.0;
  for (var i = thread; i < width; i += WORKGROUP) {
    let number = qkv[base + i];
    squares = fma(number, number, squares);
  }
  partial[thread] = squares;
  workgroupBarrier();
  var sum = 0.0;
  for (var i = 0u; i < WORKGROUP; i++) {
    sum += partial[i];
  }
  let factor = 1.0 / sqrt(sum / f32(width) + EPSILON);
  let weight_stride = (HEAD_DIM + 31u) / 32u * 32u;
  for (var i = thread; i < width; i += WORKGROUP) {
    let head = first_head + i / HEAD_DIM;
    qkv[base + i] = qkv[base + i] * factor * weight[head * weight_stride + i % HEAD_DIM];
  }
}
