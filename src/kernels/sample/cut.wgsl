// For a row with top-k or top-p, the rank of the last token that both keep. With tokens in order of rank each filter keeps
// a prefix: the k first; the fewest that reach p of the probability within top-k. Either is the shortest prefix that
// measures enough, a token measuring one or its probability. Where it ends is found digit by digit (radix select) until no
// more candidates share the digits found than there are threads, which is the case from the start for the usual top-k;
// then each thread sums what is before its own. Measures are 64-bit integers (low, high): their sums do not depend on
// the order of the threads.

@group(0) @binding(0) var<storage, read> logits: array<u32>;       // [outputs][LOGIT_STRIDE] f32 bits
@group(0) @binding(1) var<storage, read> rows: array<vec4u>;       // [rows]: token, position, slot, place
@group(0) @binding(2) var<storage, read> picked: array<u32>;       // [outputs]: index into rows
@group(0) @binding(3) var<storage, read> slots: array<u32>;        // [slots][SLOT_WORDS]
@group(0) @binding(4) var<storage, read> largest: array<vec2u>;    // [outputs][tiles] ranks
@group(0) @binding(5) var<storage, read> masses: array<f32>;       // [outputs][tiles] probability / the likeliest's
@group(0) @binding(6) var<storage, read> candidates: array<u32>;   // [outputs][1 + LOGIT_STRIDE]: how many, ids
@group(0) @binding(7) var<storage, read_write> cuts: array<vec2u>; // [outputs] ranks

const VALUES = 256u;   // of a digit; a thread each. A rank has seven digits: four of the key, three of the id

var<workgroup> counts: array<atomic<u32>, VALUES>;   // [value] candidates with that digit
var<workgroup> lows: array<atomic<u32>, VALUES>;     // [value] Σ of their measures
var<workgroup> highs: array<atomic<u32>, VALUES>;
var<workgroup> group_sums: array<vec2u, GROUP>;      // of GROUP consecutive values
var<workgroup> sharing: u32;                         // candidates that share the digits found
var<workgroup> few: array<vec2u, THREADS>;           // their ranks once they are few, in any order
var<workgroup> few_measures: array<vec2u, THREADS>;
var<workgroup> few_count: atomic<u32>;
var<workgroup> found: vec2u;

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

// What a token measures: one, or its probability over the likeliest's in units of 2⁻⁴⁰.
fn measure_of(key: u32, by_mass: bool, top: u32, slot: u32) -> vec2u {
  if (by_mass) {
    return to_integer(exp(-tempered(distance_below(top, key), slot)) * 0x1p+40f);
  }
  return vec2u(1u, 0u);
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
  atomicStore(&counts[thread], 0u);
  atomicStore(&lows[thread], 0u);
  atomicStore(&highs[thread], 0u);
  workgroupBarrier();
}

// Adds to the sum of a digit's value; each time the low word overflows the high one gets one more.
fn accumulate(value: u32, measure: vec2u) {
  atomicAdd(&counts[value], 1u);
  let before = atomicAdd(&lows[value], measure.x);
  let carried = measure.y + select(0u, 1u, before + measure.x < before);
  if (carried > 0u) {
    atomicAdd(&highs[value], carried);
  }
}

fn sum_of(value: u32) -> vec2u {
  return vec2u(atomicLoad(&lows[value]), atomicLoad(&highs[value]));
}

fn sum_groups(thread: u32) {
  workgroupBarrier();
  if (thread < GROUP) {
    var sum = vec2u();
    for (var i = 0u; i < GROUP; i++) {
      sum = add(sum, sum_of(thread * GROUP + i));
    }
    group_sums[thread] = sum;
  }
  workgroupBarrier();
}

// What top-p asks for: of what top-k's prefix measures, where there is one, else of the whole row.
fn wanted_mass(prefix_mass: vec2u, output: u32, slot: u32) -> vec2u {
  var mass = to_number(prefix_mass);
  if (!has_top_k(slot)) {
    mass = 0.0;
    for (var tile = 0u; tile < tiles(); tile++) {
      mass += masses[output * tiles() + tile] * 0x1p+40f;
    }
  }
  return to_integer(max(slot_f32(slot, TOP_P) * mass, 1.0));   // so that one is kept
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
  var cut = LAST;   // tokens after it are dropped already
  for (var filtering = 0u; filtering < 2u; filtering++) {
    let by_mass = filtering == 1u;
    if (!select(has_top_k(slot), has_top_p(slot), by_mass)) {
      continue;
    }
    var wanted = vec2u(slot_word(slot, TOP_K), 0u);
    var before = vec2u();   // measure of the ranks before those that share the digits found
    var prefix = vec2u();
    var digit = 0u;         // how many are found
    var crowd = count;
    while (crowd > THREADS) {
      clear_sums(thread);
      for (var i = thread; i < count; i += THREADS) {
        let rank = rank_of(output, i);
        if (has_prefix(rank, prefix, digit) && !is_before(cut, rank)) {
          accumulate(digit_of(rank, digit), measure_of(rank.x, by_mass, top, slot));
        }
      }
      sum_groups(thread);
      if (by_mass && digit == 0u) {
        var sum = vec2u();
        for (var group = 0u; group < GROUP; group++) {
          sum = add(sum, group_sums[group]);
        }
        wanted = wanted_mass(sum, output, slot);
      }
      var value = 0u;
      for (; value < VALUES; value += GROUP) {
        let through = add(before, group_sums[value / GROUP]);
        if (!is_less(through, wanted)) {
          break;
        }
        before = through;
      }
      for (; value < VALUES; value++) {
        let through = add(before, sum_of(value));
        if (!is_less(through, wanted)) {
          break;
        }
        before = through;
      }
      if (thread == 0u) {
        sharing = 0u;   // all together measure less than wanted: nothing is dropped
        if (value < VALUES) {
          sharing = atomicLoad(&counts[value]);
        }
      }
      prefix = with_digit(prefix, digit, value);
      digit++;
      crowd = workgroupUniformLoad(&sharing);
    }

    if (thread == 0u) {
      atomicStore(&few_count, 0u);
      found = cut;
    }
    workgroupBarrier();
    if (crowd > 0u) {
      for (var i = thread; i < count; i += THREADS) {
        let rank = rank_of(output, i);
        if (has_prefix(rank, prefix, digit) && !is_before(cut, rank)) {
          let at = atomicAdd(&few_count, 1u);
          few[at] = rank;
          few_measures[at] = measure_of(rank.x, by_mass, top, slot);
        }
      }
    }
    workgroupBarrier();
    let few_ones = atomicLoad(&few_count);
    if (thread < few_ones) {
      let mine = few[thread];
      var sum = vec2u();
      for (var i = 0u; i < few_ones; i++) {
        if (is_before(few[i], mine)) {
          before = add(before, few_measures[i]);
        }
        sum = add(sum, few_measures[i]);
      }
      if (by_mass && digit == 0u) {
        wanted = wanted_mass(sum, output, slot);
      }
      if (is_less(before, wanted) && !is_less(add(before, few_measures[thread]), wanted)) {
        found = mine;
      }
    }
    cut = workgroupUniformLoad(&found);
  }
  if (thread == 0u) {
    cuts[output] = cut;
  }
}
