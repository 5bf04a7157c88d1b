// What each sequence accepts of the tokens drawn for its rows. One thread a sequence.

@group(0) @binding(0) var<storage, read> plan: array<vec2u>;           // [0].x: sequences; then (slot, 0) each
@group(0) @binding(1) var<storage, read> chosen: array<u32>;           // [sequences][ROWS_PER_SEQUENCE]
@group(0) @binding(2) var<storage, read_write> slots: array<u32>;      // [slots][SLOT_WORDS]
@group(0) @binding(3) var<storage, read_write> tokens: array<u32>;     // [slots][TOKENS_STRIDE]
@group(0) @binding(4) var<storage, read_write> counts: array<u32>;     // [slots][VOCAB]
@group(0) @binding(5) var<storage, read_write> results: array<u32>;    // [sequences][RESULT_WORDS]

override ROWS_PER_SEQUENCE: u32;
override TOKENS_STRIDE: u32;
override VOCAB: u32;

const WORKGROUP = 64u;
const RESULT_WORDS = 12u;   // tokens accepted, finished, guesses that matched, guesses, ids
const RESULT_IDS = 4u;

fn is_stop(slot: u32, id: u32) -> bool {
  for (var i = 0u; i < slot_word(slot, STOP_COUNT); i++) {
    if (slot_word(slot, STOP_IDS + i) == id) {
      return true;
    }
  }
  return false;
}

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(global_invocation_id) thread: vec3u) {
  if (thread.x >= plan[0].x) {
    return;
  }
  let slot = plan[1u + thread.x].x;
  let result = thread.x * RESULT_WORDS;
  var length = slot_word(slot, LENGTH);
  var finished = slot_word(slot, FINISHED);
  let is_guessed = ROWS_PER_SEQUENCE > 1u && tokens[slot * TOKENS_STRIDE + length] != NO_TOKEN;
  var accepted = 0u;
  var matched = 0u;
  for (var i = 0u; i < ROWS_PER_SEQUENCE && finished == 0u; i++) {
    let id = chosen[thread.x * ROWS_PER_SEQUENCE + i];
    if (id == NO_TOKEN) {
      break;
    }
    if (id == BAD_LOGIT) {
      finished = FINISHED_BAD;
      break;
    }
    let at = slot * TOKENS_STRIDE + length;
    let matches = i + 1u < ROWS_PER_SEQUENCE && tokens[at] == id;   // the drafted token lies where the drawn one belongs
    tokens[at] = id;
    counts[slot * VOCAB + id] += 1u;
    results[result + RESULT_IDS + accepted] = id;
    length += 1u;
    accepted += 1u;
    matched += u32(matches);
    if (is_stop(slot, id)) {
      finished = FINISHED_STOP;
    } else if (length >= slot_word(slot, LIMIT)) {
      finished = FINISHED_LENGTH;
    }
    if (!matches) {
      break;
    }
  }
  slots[slot * SLOT_WORDS + LENGTH] = length;
  slots[slot * SLOT_WORDS + FINISHED] = finished;
  results[result] = accepted;
  results[result + 1u] = finished;
  results[result + 2u] = matched;
  results[result + 3u] = select(0u, ROWS_PER_SEQUENCE - 1u, is_guessed);
}
