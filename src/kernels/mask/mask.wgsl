// Tokens that a grammar forbids get the lowest finite logit, a thread one token.

@group(0) @binding(0) var<storage, read_write> logits: array<f32>;   // [outputs][LOGIT_STRIDE]
@group(0) @binding(1) var<storage, read> masks: array<u32>;          // [outputs][words]: bit id % 32 of word id / 32

override VOCAB: u32;          // ids
override LOGIT_STRIDE: u32;   // numbers in a row of logits

const WORKGROUP = 256u;
const MAX_LOGIT = 3.4028234e38;

fn is_finite(logit: f32) -> bool {
  return (bitcast<u32>(logit) & 0x7fffffffu) < 0x7f800000u;
}

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(global_invocation_id) thread: vec3u) {
  let id = thread.x;
  if (id >= VOCAB) {
    return;
  }
  let words = (VOCAB + 31u) / 32u;
  let allowed = (masks[thread.z * words + id / 32u] >> (id % 32u)) & 1u;
  let at = thread.z * LOGIT_STRIDE + id;
  if (allowed == 0u && is_finite(logits[at])) {
    logits[at] = -MAX_LOGIT;
  }
}
