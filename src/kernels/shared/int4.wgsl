// int4 codes: one chunk is one vec4<u32>; byte k of word j holds weights 8j + k (low nibble) and 8j + 4 + k (high).
// A nibble is masked where it stands, so code k of four comes out as q · 2^(8k); UNIT takes the power of two back.
// It is exact, and spares a shift for every weight: callers multiply the activations by UNIT once for many weights.

const ZERO = 8.0;
const NIBBLES = vec4u(0x0000000fu, 0x00000f00u, 0x000f0000u, 0x0f000000u);
const UNIT = vec4f(0x1p0, 0x1p-8, 0x1p-16, 0x1p-24);

fn nibbles(word: u32) -> vec4f {
  return vec4f(vec4i(vec4u(word) & NIBBLES));
}

fn decode(row: u32, chunk: u32) -> Chunk {
  let c = codes[row * CHUNKS + chunk];
  return Chunk(
    nibbles(c.x), nibbles(c.x >> 4u), nibbles(c.y), nibbles(c.y >> 4u),
    nibbles(c.z), nibbles(c.z >> 4u), nibbles(c.w), nibbles(c.w >> 4u),
  );
}

fn chunk_scale(row: u32, chunk: u32) -> vec2f {
  return group_scale(row, chunk >> GROUP_SHIFT);
}
