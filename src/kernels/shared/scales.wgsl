// Scale and bias of a group (src/quant/FORMAT.md): w = scale · q + bias.

override SCALE_WORDS: u32;   // words of scales per row
override GROUP_SHIFT: u32;   // log2 of the chunks in a group: 0 for 32, 1 for 64, 2 for 128
override AFFINE: u32;        // 1: a bias is stored; 0: bias = −ZERO · scale
override SCALE_F32: u32;     // 1: scales are f32; 0: f16

fn group_scale(row: u32, group: u32) -> vec2f {
  let base = row * SCALE_WORDS;
  if (AFFINE == 1u) {
    if (SCALE_F32 == 1u) {
      return vec2f(bitcast<f32>(scales[base + 2u * group]), bitcast<f32>(scales[base + 2u * group + 1u]));
    }
    return unpack2x16float(scales[base + group]);
  }
  var scale: f32;
  if (SCALE_F32 == 1u) {
    scale = bitcast<f32>(scales[base + group]);
  } else {
    let pair = unpack2x16float(scales[base + (group >> 1u)]);
    scale = select(pair.x, pair.y, (group & 1u) == 1u);
  }
  return vec2f(scale, -ZERO * scale);
}

// Scale and bias of a vector's weights.
fn scale_of(row: u32, vector: u32) -> vec2f {
  return group_scale(row, group_of(vector));
}

// Where the dot product of a vector begins, and what it and the `total` of the vector's activations make of the sum.
fn sum_before(sum: f32) -> f32 {
  return 0.0;
}

fn sum_after(sum: f32, dot: f32, scale: vec2f, total: f32) -> f32 {
  return fma(scale.x, dot, fma(scale.y, total, sum));
}
