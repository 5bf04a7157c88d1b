// Multiplies and adds as fast as the device can: eight chains in each thread, so that no product waits for the one before it,
// and STEPS of each written out, so that the loop costs next to nothing. Every chain converges to the same number, whatever
// the device contracts: x = x / 2 + 1 has its rest at 2.

@group(0) @binding(0) var<storage, read> x: array<Lanes>;          // [threads] where the chains begin
@group(0) @binding(1) var<storage, read_write> y: array<Lanes>;    // [threads] the sum of the eight chains

override ROUNDS: u32;   // each of STEPS multiplications and additions in each chain

// Lanes, which is f32 or vec4f, and STEPS stand before this text (probes.ts).

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let half = Lanes(0.5);
  let one = Lanes(1);
  let start = x[id.x];
  var a = start;
  var b = start + 1;
  var c = start + 2;
  var d = start + 3;
  var e = start + 4;
  var f = start + 5;
  var g = start + 6;
  var h = start + 7;
  for (var i = 0u; i < ROUNDS; i++) {
    for (var step = 0u; step < STEPS; step++) {  // unrolled
      a = fma(a, half, one);
      b = fma(b, half, one);
      c = fma(c, half, one);
      d = fma(d, half, one);
      e = fma(e, half, one);
      f = fma(f, half, one);
      g = fma(g, half, one);
      h = fma(h, half, one);
    }  // unrolled
  }
  y[id.x] = ((a + b) + (c + d)) + ((e + f) + (g + h));
}
