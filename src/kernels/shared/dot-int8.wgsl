// int8 codes as they are multiplied with int8 activations (quantize.wgsl), in pairs of words with four codes each. A vector is
// half a chunk of activations.

fn pair_of(v: vec4u) -> vec2u {
  return v.xy;
}

fn next_pair(v: vec4u) -> vec4u {
  return v.zwxy;
}

// Where the activations lie that vector `vector` meets, `base` being where their row begins.
fn first_pair(base: u32, vector: u32) -> u32 {
  return base + CHUNK_PAIRS * (vector >> 1u) + 2u * (vector & 1u);
}

// Their scale, and the sum of their codes.
fn scaling_of(base: u32, vector: u32) -> vec2f {
  let at = base + CHUNK_PAIRS * (vector >> 1u) + 4u;
  let scaling = bitcast<vec4f>(vec4u(x[at], x[at + 1u]));
  return vec2f(scaling.x, select(scaling.y, scaling.z, (vector & 1u) == 1u));
}
