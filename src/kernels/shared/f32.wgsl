// f32 weights: a vec4<u32> holds four.

const UNIT = vec4f(1.0);

const VECTOR_QUADS = 1u;
const STEP_QUADS = 1u;

fn quad_of(v: vec4u, i: u32) -> vec4f {
  return bitcast<vec4f>(v);
}

fn next(v: vec4u) -> vec4u {
  return v;
}
