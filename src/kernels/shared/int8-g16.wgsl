// int8 codes in groups of 16 (GGUF Q6_K): a chunk has two scales, so they are applied while decoding.

const ZERO = 0.0;
const UNIT = vec4f(1.0);

fn bytes(word: u32, scale: vec2f) -> vec4f {
  let q = vec4f((vec4i(i32(word)) << vec4u(24u, 16u, 8u, 0u)) >> vec4u(24u));
  return fma(vec4f(scale.x), q, vec4f(scale.y));
}

fn decode(row: u32, chunk: u32) -> Chunk {
  let at = 2u * (row * CHUNKS + chunk);
  let a = codes[at];
  let b = codes[at + 1u];
  let s = group_scale(row, 2u * chunk);
  let t = group_scale(row, 2u * chunk + 1u);
  return Chunk(
    bytes(a.x, s), bytes(a.y, s), bytes(a.z, s), bytes(a.w, s),
    bytes(b.x, t), bytes(b.y, t), bytes(b.z, t), bytes(b.w, t),
  );
}

fn chunk_scale(row: u32, chunk: u32) -> vec2f {
  return vec2f(1.0, 0.0);
}
