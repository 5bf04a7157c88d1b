// Of each workgroup's products the likeliest token's rank.

@group(0) @binding(3) var<storage, read_write> ranks: array<vec2u>;   // [1][RANK_STRIDE]

const ROWS = 1u;

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) id: vec3u,
  @builtin(num_workgroups) workgroups: vec3u,
  @builtin(local_invocation_index) thread: u32,
) {
  let workgroup = id.y * workgroups.x + id.x;
  let first = first_output(workgroup, thread);
  best[thread][0] = team_rank(first, team_sums(first, thread));
  write_ranks(0u, workgroup, thread);
}
