// For a row with top-k or top-p, the rank of the last token that both keep. With tokens in order of rank each filter keeps
// a prefix: the k first; the fewest that reach p of the probability within top-k. Either prefix is the shortest that
// measures enough, a token measuring one or its probability, and where it ends is found digit by digit (radix select):
// no list is sorted. Measures are 64-bit integers (low, high): their sums do not depend on the order of the threads.

@group(0) @binding(0) var<storage, read> logits: array<u32>;       // [outputs][LOGIT_STRIDE] f32 bits
@group(0) @binding(1) var<storage, read> rows: array<vec4u>;       // [rows]: token, position, slot, dead
@group(0) @binding(2) var<storage, read> picked: array<u32>;       // [outputs]: index into rows
@group(0) @binding(3) var<storage, read> slots: array<u32>;        // [slots][SLOT_WORDS]
@group(0) @binding(4) var<storage, read> largest: array<vec2u>;    // [outputs][tiles] ranks
@group(0) @binding(5) var<storage, read> masses: array<f32>;       // [outputs][tiles] probability / the likeliest's
@group(0) @binding(6) var<storage, read> candidates: array<u32>;   // [outputs][1 + LOGIT_STRIDE]: how many, ids
@group(0) @binding(7) var<storage, read_write> cuts: array<vec2u>; // [outputs] ranks

const DIGITS = 7u;       // of a rank, 8 bits each: four of the key, three of the id
const VALUES = 256u;     // of a digit; a thread each
const CACHED = 1024u;    // candidates whose ranks are kept at hand

var<workgroup> cache: array<vec2u, CACHED>;
var<workgroup> lows: array<atomic<u32>, VALUES>;        // [value] Σ measure of the candidates with that digit
var<workgroup> highs: array<atomic<u32>, VALUES>;
var<workgroup> group_sums: array<vec2u, GROUP>;         // of GROUP consecutive values

fn add(a: vec2u, b: vec2u) -> vec2u {
  let low = a.x + b.x;
  return vec2u(low, a.y + b.y + select(0u, 1u, low < a.x));
}

fn is_less(a: vec2u, b: vec2u) -> bool {
  return a.y < b.y || (a.y == b.y && a.x < b.x);
}

// A number from 0 up as an integer, its fraction dropped; exact, for an f32 has 24 bits.
fn to_integer(number: f32) -> vec2u {
  let high = floor(number * 0x1p-32f);
  return vec2u(u32(number - high * 0x1p+32f), u32(high));
}

fn to_number(integer: vec2u) -> f32 {
  return f32(integer.y) * 0x1p+32f + f32(integer.x);
}

fn rank_of(output: u32, candidate: u32) -> vec2u {
  let id = candidates[output * (1u + LOGIT_STRIDE) + 1u + candidate];
  return vec2u(rank_key(logits[output * LOGIT_STRIDE + id]), id);
}

fn cached_rank(output: u32, candidate: u32) -> vec2u {
  if (candidate < CACHED) {
    return cache[candidate];
  }
  return rank_of(output, candidate);
}

// Which prefix is looked for.
struct Goal {
  by_mass: bool,   // whether a token measures its probability or one
  limit: vec2u,    // the last rank that may be in it
  wanted: vec2u,   // what it measures at least
}

// A token's probability over the likeliest's, in units of 2⁻⁴⁰.
fn mass_of(key: u32, top: u32, slot: u32) -> vec2u {
  return to_integer(exp(-tempered(distance_below(top, key), slot)) * 0x1p+40f);
}

fn digit_of(rank: vec2u, digit: u32) -> u32 {
  if (digit < 4u) {
    return (rank.x >> (8u * (3u - digit))) & 0xffu;
  }
  return (rank.y >> (8u * (6u - digit))) & 0xffu;
}

// Whether the digits before `digit` are those of `prefix`.
fn has_prefix(rank: vec2u, prefix: vec2u, digit: u32) -> bool {
  let differing = rank ^ prefix;
  if (digit <= 4u) {
    return digit == 0u || differing.x >> (8u * (4u - digit)) == 0u;
  }
  return differing.x == 0u && differing.y >> (8u * (7u - digit)) == 0u;
}

fn with_digit(prefix: vec2u, digit: u32, value: u32) -> vec2u {
  if (digit < 4u) {
    return vec2u(prefix.x | (value << (8u * (3u - digit))), 0u);
  }
  return vec2u(prefix.x, prefix.y | (value << (8u * (6u - digit))));
}

fn clear_sums(thread: u32) {
  workgroupBarrier();
  atomicStore(&lows[thread], 0u);
  atomicStore(&highs[thread], 0u);
  workgroupBarrier();
}

// Adds to the sum of a digit's value; each time the low word overflows the high one gets one more.
fn accumulate(value: u32, measure: vec2u) {
  let before = atomicAdd(&lows[value], measure.x);
  let carried = measure.y + select(0u, 1u, before + measure.x < before);
  if (carried > 0u) {
    atomicAdd(&highs[value], carried);
  }
}

fn sum_of(value: u32) -> vec2u {
  return vec2u(atomicLoad(&lows[value]), atomicLoad(&highs[value]));
}

// The last rank of the shortest prefix that measures what is wanted; the limit where all together measure less.
fn prefix_end(goal: Goal, output: u32, slot: u32, top: u32, thread: u32) -> vec2u {
  let count = candidates[output * (1u + LOGIT_STRIDE)];
  var prefix = vec2u();
  var before = vec2u();   // measure of all ranks before those with this prefix
  var reached = true;
  for (var digit = 0u; digit < DIGITS; digit++) {
    clear_sums(thread);
    for (var i = thread; i < count; i += THREADS) {
      let rank = cached_rank(output, i);
      if (has_prefix(rank, prefix, digit) && !is_before(goal.limit, rank)) {
        var measure = vec2u(1u, 0u);
        if (goal.by_mass) {
          measure = mass_of(rank.x, top, slot);
        }
        accumulate(digit_of(rank, digit), measure);
      }
    }
    workgroupBarrier();
    if (thread < GROUP) {
      var sum = vec2u();
      for (var i = 0u; i < GROUP; i++) {
        sum = add(sum, sum_of(thread * GROUP + i));
      }
      group_sums[thread] = sum;
    }
    workgroupBarrier();
    var group = 0u;
    for (; group < GROUP; group++) {
      let through = add(before, group_sums[group]);
      if (!is_less(through, goal.wanted)) {
        break;
      }
      before = through;
    }
    var value = group * GROUP;
    for (; value < VALUES; value++) {
      let through = add(before, sum_of(value));
      if (!is_less(through, goal.wanted)) {
        break;
      }
      before = through;
    }
    reached = reached && value < VALUES;
    prefix = with_digit(prefix, digit, min(value, VALUES - 1u));
  }
  return select(goal.limit, prefix, reached);
}

// The probability of all candidates up to `limit`, in units of 2⁻⁴⁰ of the likeliest's.
fn mass_through(limit: vec2u, output: u32, slot: u32, top: u32, thread: u32) -> f32 {
  let count = candidates[output * (1u + LOGIT_STRIDE)];
  clear_sums(thread);
  for (var i = thread; i < count; i += THREADS) {
    let rank = cached_rank(output, i);
    if (!is_before(limit, rank)) {
      accumulate(0u, mass_of(rank.x, top, slot));
    }
  }
  workgroupBarrier();
  return to_number(sum_of(0u));
}

@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) thread: u32) {
  let output = workgroup.z;
  let row = row_of(output);
  if (!is_filtered(row)) {
    return;
  }
  let slot = row.z;
  let top = likeliest(output, thread).x;
  let count = candidates[output * (1u + LOGIT_STRIDE)];
  for (var i = thread; i < min(count, CACHED); i += THREADS) {
    cache[i] = rank_of(output, i);
  }
  var cut = LAST;
  if (has_top_k(slot)) {
    cut = prefix_end(Goal(false, LAST, vec2u(slot_word(slot, TOP_K), 0u)), output, slot, top, thread);
  }
  if (has_top_p(slot)) {
    var mass = 0.0;
    if (has_top_k(slot)) {
      mass = mass_through(cut, output, slot, top, thread);
    } else {
      for (var tile = 0u; tile < tiles(); tile++) {
        mass += masses[output * tiles() + tile] * 0x1p+40f;
      }
    }
    let wanted = max(slot_f32(slot, TOP_P) * mass, 1.0);   // so that one is kept
    cut = prefix_end(Goal(true, cut, to_integer(wanted)), output, slot, top, thread);
  }
  if (thread == 0u) {
    cuts[output] = cut;
  }
}
