// What followed the last earlier occurrence of a sequence's last tokens, as guesses behind it. One workgroup a sequence.

@group(0) @binding(0) var<storage, read> plan: array<vec2u>;          // [0].x: sequences; then (slot, 0) each
@group(0) @binding(1) var<storage, read> slots: array<u32>;           // [slots][SLOT_WORDS]
@group(0) @binding(2) var<storage, read_write> tokens: array<u32>;    // [slots][TOKENS_STRIDE]

override GUESSES: u32;
override TOKENS_STRIDE: u32;   // at most 2^POSITION_BITS
override LONGEST: u32;         // n-grams that are looked for; longer ones first, of equal ones the last
override SHORTEST: u32;

const WORKGROUP = 256u;
const POSITION_BITS = 24u;

var<workgroup> best: atomic<u32>;   // length of an n-gram above the position that follows it; 0 for none

// How many tokens before `position` are those before `length`, up to LONGEST.
fn shared_ngram(base: u32, position: u32, length: u32) -> u32 {
  var n = 0u;
  while (n < min(position, LONGEST) && tokens[base + position - 1u - n] == tokens[base + length - 1u - n]) {
    n++;
  }
  return n;
}

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) thread: u32) {
  let slot = plan[1u + workgroup.x].x;
  let base = slot * TOKENS_STRIDE;
  let length = slot_word(slot, LENGTH);
  let last = tokens[base + length - 1u];
  var mine = 0u;
  for (var position = SHORTEST + thread; position < length; position += WORKGROUP) {
    if (tokens[base + position - 1u] == last) {
      let n = shared_ngram(base, position, length);
      mine = max(mine, select(0u, (n << POSITION_BITS) | position, n >= SHORTEST));
    }
  }
  atomicMax(&best, mine);
  workgroupBarrier();
  let found = atomicLoad(&best);
  let to = length + thread;
  if (thread < GUESSES && to < slot_word(slot, LIMIT) && slot_word(slot, FINISHED) == 0u) {
    let start = found & ((1u << POSITION_BITS) - 1u);
    var guess = NO_TOKEN;
    if (found > 0u) {
      guess = tokens[base + start + thread % (length - start)];   // begins anew at the end of what is known
    }
    tokens[base + to] = guess;
  }
}
