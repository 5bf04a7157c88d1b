// int8 codes in groups of 16 (GGUF Q6_K): as int8.wgsl has them, but each vec4<u32> has a scale of its own.

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
  return vector;
}
