// Each head of the queries and keys is normed by itself (QK-norm, Henry et al. 2020, with the norm of Zhang and Sennrich 2019).

@group(0) @binding(6) var<storage, read> norms: array<f32>;   // [query, key][HEAD_DIM, padded to 32]: the norms' weights

override EPSILON: f32;

var<workgroup> squares: array<f32, WORKGROUP>;   // [thread]: the sum of its numbers' squares

fn norm_quad(at: u32) -> vec4f {
  return vec4f(norms[at], norms[at + 1u], norms[at + 2u], norms[at + 3u]);
}

fn completed(numbers: Quads, lives: bool, head: u32, own: u32, j: u32) -> Quads {
  let threads = HEAD_DIM / 8u;
  squares[own * threads + j] = dot(numbers.first, numbers.first) + dot(numbers.second, numbers.second);
  workgroupBarrier();
  if (!lives || head >= Q_HEADS + KV_HEADS) {
    return numbers;
  }
  var sum = 0.0;
  for (var i = 0u; i < threads; i++) {
    sum += squares[own * threads + i];
  }
  let factor = 1.0 / sqrt(sum / f32(HEAD_DIM) + EPSILON);
  let at = select(0u, (HEAD_DIM + 31u) / 32u * 32u, head >= Q_HEADS) + 4u * j;
  return Quads(numbers.first * factor * norm_quad(at), numbers.second * factor * norm_quad(at + HEAD_DIM / 2u));
}
