// int4 codes as they are multiplied with int8 activations (quantize.wgsl), in pairs of words with four codes each: of the
// word in front of a vector, one mask gives four consecutive weights from the low nibbles, and the next four from the high
// ones. A vector is a chunk of activations.

fn pair_of(v: vec4u) -> vec2u {
  return vec2u(v.x, v.x >> 4u) & vec2u(0x0f0f0f0fu);
}

fn next_pair(v: vec4u) -> vec4u {
  return v.yzwx;
}

// Where the activations lie that vector `vector` meets, `base` being where their row begins.
fn first_pair(base: u32, vector: u32) -> u32 {
  return base + CHUNK_PAIRS * vector;
}

// Their scale, and the sum of their codes.
fn scaling_of(base: u32, vector: u32) -> vec2f {
  let at = base + CHUNK_PAIRS * vector + 4u;
  let scaling = bitcast<vec4f>(vec4u(x[at], x[at + 1u]));
  return vec2f(scaling.x, scaling.y + scaling.z);
}
