// Penalties and bias, in place on the logits, in this order: repetition, for tokens of prompt or answer; frequency and
// presence, for tokens of the answer; bias. A drafted token that the row follows counts as one of the answer.

@group(0) @binding(0) var<storage, read_write> logits: array<f32>;   // [outputs][LOGIT_STRIDE]
@group(0) @binding(1) var<storage, read> rows: array<vec4u>;         // [rows]: token, position, slot, place
@group(0) @binding(2) var<storage, read> picked: array<u32>;         // [outputs]: index into rows
@group(0) @binding(3) var<storage, read> slots: array<u32>;          // [slots][SLOT_WORDS]
@group(0) @binding(4) var<storage, read> tokens: array<u32>;         // [slots][TOKENS_STRIDE] ids by position
@group(0) @binding(5) var<storage, read> counts: array<u32>;         // [slots][VOCAB]: IN_PROMPT | times in the answer
@group(0) @binding(6) var<storage, read> biases: array<vec2u>;       // [slots][MAX_BIASES]: id, f32 bits

override TOKENS_STRIDE: u32;   // positions of a slot

const MAX_LOGIT = 3.4028234e38;

struct Penalties {
  repetition: f32,
  frequency: f32,
  presence: f32,
}

fn is_finite(logit: f32) -> bool {
  return (bitcast<u32>(logit) & 0x7fffffffu) < 0x7f800000u;
}

// What the count says, and besides the drafted tokens at the positions length … `position` of the slot.
fn occurrences(id: u32, slot: u32, position: u32) -> u32 {
  var count = counts[slot * VOCAB + id];
  for (var i = slot_word(slot, LENGTH); i <= position; i++) {
    if (tokens[slot * TOKENS_STRIDE + i] == id) {
      count++;
    }
  }
  return count;
}

fn penalized(logit: f32, count: u32, penalties: Penalties) -> f32 {
  var result = select(logit * penalties.repetition, logit / penalties.repetition, logit > 0.0);
  let answered = count & ~IN_PROMPT;
  if (answered > 0u) {
    result -= f32(answered) * penalties.frequency + penalties.presence;
  }
  return clamp(result, -MAX_LOGIT, MAX_LOGIT);
}

@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) thread: u32) {
  let row = rows[picked[workgroup.z]];
  if (row.w == DEAD_ROW) {
    return;
  }
  let slot = row.z;
  let base = workgroup.z * LOGIT_STRIDE;
  let begin = workgroup.x * TILE;
  let end = min(begin + TILE, VOCAB);
  let penalties = Penalties(
    slot_f32(slot, REPETITION_PENALTY),
    slot_f32(slot, FREQUENCY_PENALTY),
    slot_f32(slot, PRESENCE_PENALTY),
  );
  if (penalties.repetition != 1.0 || penalties.frequency != 0.0 || penalties.presence != 0.0) {
    for (var id = begin + thread; id < end; id += THREADS) {
      let count = occurrences(id, slot, row.y);
      let logit = logits[base + id];
      if (count > 0u && is_finite(logit)) {   // one that is not stays, to be reported
        logits[base + id] = penalized(logit, count, penalties);
      }
    }
    storageBarrier();
  }
  for (var i = thread; i < slot_word(slot, BIAS_COUNT); i += THREADS) {
    let bias = biases[slot * MAX_BIASES + i];
    if (bias.x >= begin && bias.x < end && is_finite(logits[base + bias.x])) {
      logits[base + bias.x] = clamp(logits[base + bias.x] + bitcast<f32>(bias.y), -MAX_LOGIT, MAX_LOGIT);
    }
  }
}
