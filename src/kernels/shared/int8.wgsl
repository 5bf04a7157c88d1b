// int8 codes: a vec4<u32> holds sixteen; each word holds four signed bytes in ascending order.

const ZERO = 0.0;
const UNIT = vec4f(1.0);

const VECTOR_QUADS = 4u;
const STEP_QUADS = 1u;

fn quad_of(v: vec4u, i: u32) -> vec4f {
  return vec4f((vec4i(i32(v.x)) << vec4u(24u, 16u, 8u, 0u)) >> vec4u(24u));
}

fn next(v: vec4u) -> vec4u {
  return v.yzwx;
}

fn group_of(vector: u32) -> u32 {
  return vector >> (1u + GROUP_SHIFT);
}
