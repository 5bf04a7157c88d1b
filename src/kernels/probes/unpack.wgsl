// Turns nibbles into floats as fast as the device can, and adds them up in eight sums, one for each place of a word. The
// words come from the registers, not from memory, and STEPS of them are written out.

@group(0) @binding(0) var<storage, read> x: array<Words>;          // [threads] the first word of each
@group(0) @binding(1) var<storage, read_write> y: array<Sums>;     // [threads] the sum of the eight sums

override ROUNDS: u32;   // each of STEPS words

// Words, Sums and Shift, which are i32, f32 and u32 or vectors of four, and STEPS stand before this text (probes.ts).

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  var word = x[id.x];
  var s0 = Sums();
  var s1 = Sums();
  var s2 = Sums();
  var s3 = Sums();
  var s4 = Sums();
  var s5 = Sums();
  var s6 = Sums();
  var s7 = Sums();
  for (var i = 0u; i < ROUNDS; i++) {
    for (var step = 0u; step < STEPS; step++) {  // unrolled
      // A nibble is masked where it stands, as in int4.wgsl.
      let high = word >> Shift(4u);
      s0 += Sums(word & Words(0x0000000f));
      s1 += Sums(high & Words(0x0000000f));
      s2 += Sums(word & Words(0x00000f00));
      s3 += Sums(high & Words(0x00000f00));
      s4 += Sums(word & Words(0x000f0000));
      s5 += Sums(high & Words(0x000f0000));
      s6 += Sums(word & Words(0x0f000000));
      s7 += Sums(high & Words(0x0f000000));
      word += Words(1640531527);   // another one in all its nibbles, for the price of one addition
    }  // unrolled
  }
  y[id.x] = ((s0 + s1) + (s2 + s3)) + ((s4 + s5) + (s6 + s7));
}
