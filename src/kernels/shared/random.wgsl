// Random numbers without state, as in random.cpu.ts: Threefry-2x32 of 20 rounds (Salmon, Moraes, Dror and Shaw 2011).

fn threefry2x32(counter: vec2u, key: vec2u) -> vec2u {
  let keys = array<u32, 3>(key.x, key.y, 0x1bd11bdau ^ key.x ^ key.y);
  let rotations = array<u32, 8>(13u, 15u, 26u, 6u, 17u, 29u, 16u, 24u);
  var x = counter + key;
  for (var round = 0u; round < 20u; round++) {
    let rotation = rotations[round % 8u];
    x.x += x.y;
    x.y = ((x.y << rotation) | (x.y >> (32u - rotation))) ^ x.x;
    if (round % 4u == 3u) {
      let injection = round / 4u + 1u;   // 1 … 5
      x += vec2u(keys[injection % 3u], keys[(injection + 1u) % 3u] + injection);
    }
  }
  return x;
}

// An exponential number of mean 1: −log(1 − u), where u = (bits + ½) / 2³² is never 0 and never 1. The winners of a large
// vocabulary have a tiny u, of which the f32 number 1 − u keeps nothing: below ½ it is the series of 2 artanh(u / (2 − u)),
// whose first term left out is less than 10⁻⁸ of the sum. Above, 1 − u comes from the inverted bits.
fn exponential(bits: u32) -> f32 {
  if (bits < 0x80000000u) {
    let u = (f32(bits) + 0.5) * 0x1p-32f;
    let z = u / (2.0 - u);
    let q = z * z;
    let series = fma(q, fma(q, fma(q, fma(q, fma(q, fma(q, fma(q, 1.0 / 15.0, 1.0 / 13.0),
      1.0 / 11.0), 1.0 / 9.0), 1.0 / 7.0), 1.0 / 5.0), 1.0 / 3.0), 1.0);
    return 2.0 * z * series;
  }
  return -log((f32(~bits) + 0.5) * 0x1p-32f);
}
