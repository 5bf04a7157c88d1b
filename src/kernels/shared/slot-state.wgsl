// What the device knows of each sequence (slot-state.ts): [slots][SLOT_WORDS] words.

const SLOT_WORDS = 24u;
const LENGTH = 0u;
const PROMPT_LENGTH = 1u;
const LIMIT = 2u;
const FINISHED = 3u;
const SEED_LOW = 4u;
const SEED_HIGH = 5u;
const TEMPERATURE = 6u;
const TOP_K = 7u;
const TOP_P = 8u;
const MIN_P = 9u;
const REPETITION_PENALTY = 10u;
const FREQUENCY_PENALTY = 11u;
const PRESENCE_PENALTY = 12u;
const BIAS_COUNT = 13u;
const STOP_COUNT = 14u;
const LOGPROBS = 15u;
const STOP_IDS = 16u;

const MAX_BIASES = 512u;
const IN_PROMPT = 0x80000000u;
const FINISHED_STOP = 1u;
const FINISHED_LENGTH = 2u;
const FINISHED_BAD = 3u;
const DEAD_ROW = 0xffffffffu;
const NO_TOKEN = 0xffffffffu;
const BAD_LOGIT = 0xfffffffeu;

fn slot_word(slot: u32, word: u32) -> u32 {
  return slots[slot * SLOT_WORDS + word];
}

fn slot_f32(slot: u32, word: u32) -> f32 {
  return bitcast<f32>(slot_word(slot, word));
}
