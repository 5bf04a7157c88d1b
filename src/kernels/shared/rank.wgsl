// Tokens in order of likelihood. A rank is a pair (key, id), the smaller the likelier: keys fall where logits rise, and of
// equal logits the lowest id comes first. Keys are made of a logit's bits, so that no two different logits share one.

const BAD_KEY = 0u;   // of an infinity or a NaN: before all others, so that it is seen
const LAST = vec2u(0xffffffffu);

fn rank_key(bits: u32) -> u32 {
  if ((bits & 0x7fffffffu) >= 0x7f800000u) {
    return BAD_KEY;
  }
  if (bits == 0x80000000u) {
    return 0x7fffffffu;   // −0 is 0
  }
  return select(bits ^ 0x7fffffffu, bits, bits > 0x7fffffffu);
}

fn logit_of(key: u32) -> f32 {
  return bitcast<f32>(select(key ^ 0x7fffffffu, key, key > 0x7fffffffu));
}

fn is_before(a: vec2u, b: vec2u) -> bool {
  return a.x < b.x || (a.x == b.x && a.y < b.y);
}

fn first_of(a: vec2u, b: vec2u) -> vec2u {
  return select(b, a, is_before(a, b));
}
