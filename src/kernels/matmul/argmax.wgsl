// Of each workgroup's products the likeliest token's rank, for each of its four rows.

@group(0) @binding(3) var<storage, read_write> ranks: array<vec2u>;   // [rows][RANK_STRIDE]; rows are a multiple of four

const ROWS = 4u;

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) id: vec3u,
  @builtin(num_workgroups) workgroups: vec3u,
  @builtin(local_invocation_index) thread: u32,
) {
  let workgroup = id.y * workgroups.x + id.x;
  let first = first_output(workgroup, thread);
  let row = ROWS * id.z;
  let sums = team_sums(row, first, thread);
  best[thread][0] = team_rank(first, sums[0]);
  best[thread][1] = team_rank(first, sums[1]);
  best[thread][2] = team_rank(first, sums[2]);
  best[thread][3] = team_rank(first, sums[3]);
  write_ranks(row, workgroup, thread);
}
