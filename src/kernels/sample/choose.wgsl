// The token of each output: the likeliest where the temperature is 0, else the winner of the race.

@group(0) @binding(0) var<storage, read> rows: array<vec4u>;          // [rows]: token, position, slot, place
@group(0) @binding(1) var<storage, read> picked: array<u32>;          // [outputs]: index into rows
@group(0) @binding(2) var<storage, read> slots: array<u32>;           // [slots][SLOT_WORDS]
@group(0) @binding(3) var<storage, read> largest: array<vec2u>;       // [outputs][tiles] ranks
@group(0) @binding(4) var<storage, read> winners: array<vec2u>;       // [outputs][tiles]: f32 bits of the wait, id
@group(0) @binding(5) var<storage, read_write> chosen: array<u32>;    // [outputs] ids, NO_TOKEN or BAD_LOGIT

@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) thread: u32) {
  let output = workgroup.z;
  let row = row_of(output);
  let top = likeliest(output, thread);
  var winner = LAST;
  for (var tile = thread; tile < tiles(); tile += THREADS) {
    winner = first_of(winners[output * tiles() + tile], winner);
  }
  winner = first_of_all(winner, thread);
  if (thread == 0u) {
    var id = select(top.y, winner.y, is_drawn(row));
    if (top.x == BAD_KEY) {
      id = BAD_LOGIT;
    }
    if (row.w == DEAD_ROW) {
      id = NO_TOKEN;
    }
    chosen[output] = id;
  }
}
