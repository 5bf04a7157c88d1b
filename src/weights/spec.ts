/**
 * What a model asks of its weights: the table on each architecture's page, in a form the importer understands without
 * knowing the architecture. Types only.
 */

/** One tensor of the checkpoint file that becomes (a run of rows of) one packed tensor. */
export interface WeightPart {
  /** Name in the checkpoint, e.g. `model.layers.0.self_attn.q_proj.weight`. */
  source: string;
  rows: number;
}

/** One packed tensor as the forward wants it: the parts' rows one after another. */
export interface WeightSpec {
  /** Our name, e.g. `layers.0.qkv`. */
  name: string;
  parts: WeightPart[];
  /** Columns of every part (inputs of the projection); for a vector its length, with one part of one row. */
  width: number;
  /** Vectors (norm weights, biases) are kept as f32. */
  role: 'embedding' | 'attention' | 'feed-forward' | 'head' | 'vector';
  /** Two parts of equal rows, gates then ups, that the engine keeps together when it splits the matrix. */
  gated?: boolean;
}
