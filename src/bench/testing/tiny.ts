/** What the benchmark's own tests measure: a shape so small that only the way through it is judged. */
import { SHAPES } from '../shapes';
import type { BenchShape } from '../shapes';

export const TINY: BenchShape = {
  name: 'tiny',
  config: {
    ...SHAPES[0]!.config,
    hidden_size: 64,
    intermediate_size: 96,
    num_attention_heads: 2,
    num_key_value_heads: 1,
    num_hidden_layers: 2,
    vocab_size: 160,
  },
};

/** Every number in a report. */
export function numbersIn(value: unknown): number[] {
  if (typeof value === 'number') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(numbersIn) : [];
}
