// Turns nibbles into floats as fast as the device can, 32 of them in each round of a thread, and adds them up in four chains
// of vec4. The words come from the registers, not from memory.

@group(0) @binding(0) var<storage, read> x: array<vec4u>;          // [threads] the first four words of each
@group(0) @binding(1) var<storage, read_write> y: array<vec4f>;    // [threads] the sum of the four chains

override ROUNDS: u32;

const NIBBLES = vec4u(0x0000000fu, 0x00000f00u, 0x000f0000u, 0x0f000000u);

// A nibble is masked where it stands, as in int4.wgsl.
fn nibbles(word: u32) -> vec4f {
  return vec4f(vec4i(vec4u(word) & NIBBLES));
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  var c = x[id.x];
  var s0 = vec4f();
  var s1 = vec4f();
  var s2 = vec4f();
  var s3 = vec4f();
  for (var i = 0u; i < ROUNDS; i++) {
    s0 = (s0 + nibbles(c.x)) + nibbles(c.x >> 4u);
    s1 = (s1 + nibbles(c.y)) + nibbles(c.y >> 4u);
    s2 = (s2 + nibbles(c.z)) + nibbles(c.z >> 4u);
    s3 = (s3 + nibbles(c.w)) + nibbles(c.w >> 4u);
    c = c * 1664525u + 1013904223u;   // other words for the next round (Numerical Recipes' generator)
  }
  y[id.x] = (s0 + s1) + (s2 + s3);
}
