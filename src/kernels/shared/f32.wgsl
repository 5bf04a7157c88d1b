// f32 weights: one chunk is eight vec4<u32>.

const UNIT = vec4f(1.0);

fn decode(row: u32, chunk: u32) -> Chunk {
  let at = 8u * (row * CHUNKS + chunk);
  return Chunk(
    bitcast<vec4f>(codes[at]), bitcast<vec4f>(codes[at + 1u]),
    bitcast<vec4f>(codes[at + 2u]), bitcast<vec4f>(codes[at + 3u]),
    bitcast<vec4f>(codes[at + 4u]), bitcast<vec4f>(codes[at + 5u]),
    bitcast<vec4f>(codes[at + 6u]), bitcast<vec4f>(codes[at + 7u]),
  );
}

fn chunk_scale(row: u32, chunk: u32) -> vec2f {
  return vec2f(1.0, 0.0);
}
