/** The model shapes that are timed: configs as published, without weights. */
import shapes from './shapes.json';

export interface BenchShape {
  /** The published model whose shape this is. */
  readonly name: string;
  /** Its config.json, as far as it decides what is computed. */
  readonly config: Readonly<Record<string, unknown>>;
}

/** From the smallest to the largest. */
export const SHAPES: readonly BenchShape[] = shapes;

/** A smaller shape with the vocabulary of a larger one, whose cost as a draft is foretold from both. */
export const PAIRS: readonly (readonly [draft: string, target: string])[] = [
  ['SmolLM2-135M', 'SmolLM2-360M'],
  ['Qwen3-0.6B', 'Qwen3-1.7B'],
  ['Llama-3.2-1B', 'Llama-3.2-3B'],
  ['Llama-3.2-1B', 'Llama-3.1-8B'],
];
