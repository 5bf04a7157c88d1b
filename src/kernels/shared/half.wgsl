// 16-bit weights, two to a word (low half first): a vec4<u32> holds eight. f16.wgsl or bf16.wgsl gives `four`.

const UNIT = vec4f(1.0);

const VECTOR_QUADS = 2u;
const STEP_QUADS = 1u;

fn quad_of(v: vec4u, i: u32) -> vec4f {
  return four(v.x, v.y);
}

fn next(v: vec4u) -> vec4u {
  return v.zwxy;
}
