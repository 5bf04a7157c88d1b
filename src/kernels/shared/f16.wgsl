// Four f16 weights of two words. shader-f16 is not needed.

fn four(a: u32, b: u32) -> vec4f {
  return vec4f(unpack2x16float(a), unpack2x16float(b));
}
