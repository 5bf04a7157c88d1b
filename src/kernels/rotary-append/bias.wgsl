// A bias belongs to the product of queries, keys and values.

@group(0) @binding(6) var<storage, read> bias: array<f32>;   // [heads][HEAD_DIM, padded to 32]

fn bias_quad(at: u32) -> vec4f {
  return vec4f(bias[at], bias[at + 1u], bias[at + 2u], bias[at + 3u]);
}

fn completed(numbers: Quads, lives: bool, head: u32, own: u32, j: u32) -> Quads {
  if (!lives) {
    return numbers;
  }
  let at = head * ((HEAD_DIM + 31u) / 32u * 32u) + 4u * j;
  return Quads(numbers.first + bias_quad(at), numbers.second + bias_quad(at + HEAD_DIM / 2u));
}
