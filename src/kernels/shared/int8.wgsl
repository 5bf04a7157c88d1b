// int8 codes: one chunk is two vec4<u32>; each word holds four signed bytes in ascending order.

const ZERO = 0.0;
const UNIT = vec4f(1.0);

fn bytes(word: u32) -> vec4f {
  return vec4f((vec4i(i32(word)) << vec4u(24u, 16u, 8u, 0u)) >> vec4u(24u));
}

fn decode(row: u32, chunk: u32) -> Chunk {
  let at = 2u * (row * CHUNKS + chunk);
  let a = codes[at];
  let b = codes[at + 1u];
  return Chunk(bytes(a.x), bytes(a.y), bytes(a.z), bytes(a.w), bytes(b.x), bytes(b.y), bytes(b.z), bytes(b.w));
}

fn chunk_scale(row: u32, chunk: u32) -> vec2f {
  return group_scale(row, chunk >> GROUP_SHIFT);
}
