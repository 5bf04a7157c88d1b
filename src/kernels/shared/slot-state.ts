/**
 * What the device knows of each sequence, so that decode needs no CPU: [slots][SLOT_WORDS] words, written whole when a
 * sequence is admitted and from then on only by kernels. The counterpart in shaders is slot-state.wgsl; both name the same
 * words. A last slot, the null slot, belongs to nobody: dead rows point at it and write where nobody reads.
 */

/** Words by name. Floats are stored by their bits. */
export const SlotWord = {
  length: 0, // tokens known, prompt and answer; the last of them has no keys and values yet
  promptLength: 1, // where the answer begins: what frequency and presence penalties count
  limit: 2, // length at which the answer ends
  finished: 3, // 0 while it runs, else FINISHED_STOP or FINISHED_LENGTH
  seedLow: 4,
  seedHigh: 5,
  temperature: 6, // f32; 0 is greedy
  topK: 7, // 0 keeps all
  topP: 8, // f32 in (0, 1]
  minP: 9, // f32 in [0, 1)
  repetitionPenalty: 10, // f32; 1 is off
  frequencyPenalty: 11, // f32
  presencePenalty: 12, // f32
  biasCount: 13, // entries of `biases`
  stopCount: 14, // entries of the stop ids below
  logprobs: 15, // alternatives whose log-probability is wanted, plus one; 0 is none
  stopIds: 16, // …23
} as const;

export const SLOT_WORDS = 24;
export const MAX_STOP_IDS = 8;

/** Biased tokens of one sequence: `biases` is [slots][MAX_BIASES] pairs (token id, f32 bias). */
export const MAX_BIASES = 512;

/** Of `counts` [slots][vocabulary]: the token occurs in the prompt; the bits below count its occurrences in the answer. */
export const IN_PROMPT = 0x8000_0000;

export const FINISHED_STOP = 1;
export const FINISHED_LENGTH = 2;
export const FINISHED_BAD = 3; // a logit was not finite

/** The fourth word of a row whose sequence has finished: it computes nothing that anybody reads. Others have their place. */
export const DEAD_ROW = 0xffff_ffff;

/** What stands for "no token" in lists of ids, and behind a sequence's tokens for "no guess". */
export const NO_TOKEN = 0xffff_ffff;

/** What stands for a drawn token where a logit was not finite. */
export const BAD_LOGIT = 0xffff_fffe;

/** Rows of one sequence in a forward: the token it has, and what may be drafted after it. */
export const MAX_ROWS_PER_SEQUENCE = 8;

/** What a step tells of a sequence: tokens accepted, finished as in its slot, guesses that matched, guesses made, ids. */
export const RESULT_IDS = 4;
export const RESULT_WORDS = RESULT_IDS + MAX_ROWS_PER_SEQUENCE;

/** Most alternatives whose log-probability one token may ask for. */
export const MAX_ALTERNATIVES = 20;

/**
 * Words of an output in `logprobs`: the f32 log-probability of the chosen token, the number of alternatives, and of each
 * its id and f32 log-probability, likeliest first. An output that does not ask, or has no token, keeps what was there.
 */
export const LOGPROB_WORDS = 2 + 2 * MAX_ALTERNATIVES;
