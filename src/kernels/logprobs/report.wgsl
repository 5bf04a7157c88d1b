// From the tiles' surveys to what is reported of each output: the log-probability of the chosen token, how many
// alternatives there are, and of each its id and log-probability, likeliest first.

@group(0) @binding(0) var<storage, read> rows: array<vec4u>;           // [rows]: token, position, slot, place
@group(0) @binding(1) var<storage, read> picked: array<u32>;           // [outputs]: index into rows
@group(0) @binding(2) var<storage, read> slots: array<u32>;            // [slots][SLOT_WORDS]
@group(0) @binding(3) var<storage, read> raw: array<u32>;              // [outputs][LOGIT_STRIDE] f32 bits
@group(0) @binding(4) var<storage, read> leaders: array<vec2u>;        // [outputs][tiles][MAX_ALTERNATIVES] ranks
@group(0) @binding(5) var<storage, read> sums: array<f32>;             // [outputs][tiles]
@group(0) @binding(6) var<storage, read> chosen: array<u32>;           // [outputs] ids
@group(0) @binding(7) var<storage, read_write> logprobs: array<u32>;   // [outputs][LOGPROB_WORDS]

const LOGPROB_WORDS = 2u + 2u * MAX_ALTERNATIVES;

@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) thread: u32) {
  let output = workgroup.z;
  let row = row_of(output);
  if (!wants_logprobs(row) || chosen[output] >= VOCAB) {
    return;
  }
  let wanted = alternatives(row);
  let list = output * tiles() * MAX_ALTERNATIVES;
  let report = output * LOGPROB_WORDS;

  var first = LAST;
  for (var tile = thread; tile < tiles(); tile += THREADS) {
    first = first_of(leaders[list + tile * MAX_ALTERNATIVES], first);
  }
  let top = logit_of(first_of_all(first, thread).x);
  var share = 0.0;
  for (var tile = thread; tile < tiles(); tile += THREADS) {
    share += sums[output * tiles() + tile] * exp(logit_of(leaders[list + tile * MAX_ALTERNATIVES].x) - top);
  }
  let log_sum = log(sum_of_all(share, thread));

  var alternative = vec2u();
  for (var place = 0u; place < wanted; place++) {
    var next = LAST;
    for (var i = thread; i < tiles() * wanted; i += THREADS) {
      let rank = leaders[list + i / wanted * MAX_ALTERNATIVES + i % wanted];
      if (place == 0u || is_before(alternative, rank)) {
        next = first_of(rank, next);
      }
    }
    alternative = first_of_all(next, thread);
    if (thread == 0u) {
      logprobs[report + 2u + 2u * place] = alternative.y;
      logprobs[report + 3u + 2u * place] = bitcast<u32>((logit_of(alternative.x) - top) - log_sum);
    }
  }
  if (thread == 0u) {
    let logit = bitcast<f32>(raw[output * LOGIT_STRIDE + chosen[output]]);
    logprobs[report] = bitcast<u32>((logit - top) - log_sum);
    logprobs[report + 1u] = wanted;
  }
}
