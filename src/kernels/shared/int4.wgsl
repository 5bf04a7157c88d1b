// int4 codes: a vec4<u32> holds 32; byte k of word j holds weights 8j + k (low nibble) and 8j + 4 + k (high).
// A nibble is masked where it stands, so code k of four comes out as q · 2^(8k); UNIT takes the power of two back.
// It is exact, and spares a shift for every weight: callers multiply the activations by UNIT once for many weights.

const ZERO = 8.0;
const NIBBLES = vec4u(0x0000000fu, 0x00000f00u, 0x000f0000u, 0x0f000000u);
const UNIT = vec4f(0x1p0, 0x1p-8, 0x1p-16, 0x1p-24);

const VECTOR_QUADS = 8u;
const STEP_QUADS = 2u;

fn quad_of(v: vec4u, i: u32) -> vec4f {
  return vec4f(vec4i(vec4u(v.x >> (4u * i)) & NIBBLES));
}

fn next(v: vec4u) -> vec4u {
  return v.yzwx;
}

fn group_of(vector: u32) -> u32 {
  return vector >> GROUP_SHIFT;
}
