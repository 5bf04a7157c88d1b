// A chunk of 32 activations as int8 codes with one scale (src/kernels/quantize-rows): x ≈ scale · code. It takes three
// vec4<u32>: two of codes, four to a word in ascending order, and one of scale, sum of the first sixteen codes and sum of the
// last sixteen, as f32. The sums are what a weight's offset is multiplied with; they are integers, so they are exact.
//
// Lines with {q} are repeated for each of the eight quads (unroll.ts).

const LARGEST_CODE = 127.0;
const SCALE_UNIT = 1.0 / LARGEST_CODE;
const SMALLEST = 0x1p-100;   // chunks of smaller numbers are zeros: the inverse of their scale might not be a number

// Writes a chunk whose quads are `v0` … `v7` to quantized[at] and the two vectors behind it.
fn write_chunk(at: u32, v0: vec4f, v1: vec4f, v2: vec4f, v3: vec4f, v4: vec4f, v5: vec4f, v6: vec4f, v7: vec4f) {
  var largest = vec4f();
  largest = max(largest, abs(v{q}));
  let most = max(max(largest.x, largest.y), max(largest.z, largest.w));
  let has_codes = most >= SMALLEST;
  let inverse = select(0.0, LARGEST_CODE / most, has_codes);
  let c{q} = vec4i(round(v{q} * inverse));
  quantized[at] = vec4u(pack4xI8(c0), pack4xI8(c1), pack4xI8(c2), pack4xI8(c3));
  quantized[at + 1u] = vec4u(pack4xI8(c4), pack4xI8(c5), pack4xI8(c6), pack4xI8(c7));
  let first = vec4f(c0 + c1 + c2 + c3);
  let last = vec4f(c4 + c5 + c6 + c7);
  let sums = vec2f((first.x + first.y) + (first.z + first.w), (last.x + last.y) + (last.z + last.w));
  quantized[at + 2u] = bitcast<vec4u>(vec4f(select(0.0, most * SCALE_UNIT, has_codes), sums, 0.0));
}
