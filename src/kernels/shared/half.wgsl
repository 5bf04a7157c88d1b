// 16-bit weights, two to a word (low half first): one chunk is four vec4<u32>. f16.wgsl or bf16.wgsl gives `quad`.

const UNIT = vec4f(1.0);

fn decode(row: u32, chunk: u32) -> Chunk {
  let at = 4u * (row * CHUNKS + chunk);
  let a = codes[at];
  let b = codes[at + 1u];
  let c = codes[at + 2u];
  let d = codes[at + 3u];
  return Chunk(
    quad(a.x, a.y), quad(a.z, a.w), quad(b.x, b.y), quad(b.z, b.w),
    quad(c.x, c.y), quad(c.z, c.w), quad(d.x, d.y), quad(d.z, d.w),
  );
}

fn chunk_scale(row: u32, chunk: u32) -> vec2f {
  return vec2f(1.0, 0.0);
}
