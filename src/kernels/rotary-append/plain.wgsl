// Queries, keys and values are what the product gave.

fn completed(numbers: Quads, lives: bool, head: u32, own: u32, j: u32) -> Quads {
  return numbers;
}
