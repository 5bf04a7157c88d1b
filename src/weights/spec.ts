/**
 * What a model asks of its weights: the table on each architecture's page, in a form the importer understands without
 * knowing the architecture. Types only.
 */

/** One tensor of the checkpoint file that becomes (a run of rows of) one packed tensor. */
export interface WeightPart {
  /** Name in the checkpoint, e.g. `model.layers.0.self_attn.q_proj.weight`. */
  source: string;
  rows: number;
  /** Added to every number: Gemma's norms multiply with 1 + what the checkpoint holds. */
  plus?: number;
}

/** One packed tensor as the forward wants it: the parts' rows one after another. */
export interface WeightSpec {
  /** Our name, e.g. `layers.0.qkv`. */
  name: string;
  parts: WeightPart[];
  /** Columns of every part (inputs of the projection); the length of a vector, or of each head's share of one. */
  width: number;
  /** Vectors (norm weights, biases) are kept as f32. In the checkpoint a part of one is a single row of rows · width numbers. */
  role: 'embedding' | 'attention' | 'feed-forward' | 'head' | 'vector';
  /** As many rows of gates as then of ups, which the engine keeps together when it splits the matrix. */
  gated?: boolean;
}

/** What a config.json asks of the weights. @throws HearthError for architectures that are not known. */
export type Describe = (config: unknown) => WeightSpec[] | Promise<WeightSpec[]>;
