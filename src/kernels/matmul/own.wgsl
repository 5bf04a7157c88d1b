// Activations that each thread reads for itself.

struct Ids {
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) workgroups: vec3u,
  @builtin(local_invocation_index) thread: u32,
}

fn first_vector(ids: Ids) -> u32 {
  return ids.thread % LANES;
}

// Where a thread's first row begins: quads of x.
fn places_of(row: u32, ids: Ids) -> u32 {
  return 8u * CHUNKS * row;
}

// Where the step begins whose first quad is `at`.
fn read_at(place: u32, at: u32) -> u32 {
  return place + at;
}
