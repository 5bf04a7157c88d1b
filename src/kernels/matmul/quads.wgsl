// Activations that four neighbouring threads read together: each every fourth quad, which it hands to the others. All of such
// a four have weight rows of their own, and want the same activations at the same time, for LANES is 1. Needs the feature
// `subgroups`; neighbours are those of a subgroup, whatever its size.
//
// Lines with {l} are repeated for each load of a thread, with {h} for each quad of a step in each row (unroll.ts).

struct Ids {
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) workgroups: vec3u,
  @builtin(local_invocation_index) thread: u32,
  @builtin(subgroup_invocation_id) neighbour: u32,
}

fn first_vector(ids: Ids) -> u32 {
  return 0u;
}

// Where each load of a thread begins: quads of x.
fn places_of(row: u32, ids: Ids) -> array<u32, LOADS> {
  let i = ids.neighbour % 4u;
  return array<u32, LOADS>(
    8u * CHUNKS * (row + (4u * {l}u + i) / STEP) + (4u * {l}u + i) % STEP,
  );
}

// The quads of the step whose first is `at`: [row][quad].
fn read_at(places: array<u32, LOADS>, at: u32) -> array<vec4f, 4 * LOADS> {
  let read{l} = x[places[{l}] + at];
  let read = array<vec4f, LOADS>(
    read{l},
  );
  return array<vec4f, 4 * LOADS>(
    quadBroadcast(read[{h}u / 4u], {h}u % 4u),
  );
}
