/**
 * What every architecture's page offers. A page knows shapes, weight names and the straight line of kernel calls; it knows
 * no request, no tokenizer and no thread.
 */
import type { DeviceBuffer } from '../gpu/backend';
import type { Recorder } from '../gpu/recorder';
import type { AttentionKey, AttentionVariant } from '../kernels/attention/attention-variants';
import type { DeviceMatrix, Quantized } from '../kernels/product';
import type { ProductChoice } from '../kernels/product-variants';
import type { KvFormat } from '../kernels/shared/kv-pool';
import type { WeightSpec } from '../weights/spec';

/** Sizes the engine needs to lay out caches and buffers. */
export interface ModelShape {
  readonly vocabSize: number;
  /** Positions the checkpoint was made for. */
  readonly maxContext: number;
  readonly layers: number;
  /** Of queries. */
  readonly heads: number;
  readonly kvHeads: number;
  readonly headDim: number;
}

/** Weights in device memory, by the names of the page's own table. */
export interface ModelWeights {
  matrix(name: string): DeviceMatrix;
  vector(name: string): DeviceBuffer;
}

/** Keys and values of one layer, a pool each (kernels/shared/kv-pool.wgsl). */
export interface LayerPool {
  readonly keys: DeviceBuffer;
  readonly values: DeviceBuffer;
}

/** One forward pass over a list of rows, each with its own sequence and position. */
export interface ForwardPass {
  readonly recorder: Recorder;
  readonly weights: ModelWeights;
  /** Rows of this pass, and how many of them have their logits taken. */
  readonly rowCount: number;
  readonly outputCount: number;
  /** Rows of one sequence that follow each other, at most: attention shares what it reads among them. */
  readonly runRows: number;
  readonly products: ProductChoice;
  /** One of `attentionVariants(key)`. */
  readonly chooseAttention: (key: AttentionKey) => AttentionVariant;
  /** Room for the widest rows of a product as int8 codes; null where products read the activations as they are. */
  readonly quantized: Quantized | null;
  /** Blocks a sequence may have: the stride of `tables`. */
  readonly tableStride: number;
  readonly kvFormat: KvFormat;
  readonly pools: readonly LayerPool[];
  /** Room for what attention knows of each split of a long context; null where it merges them at once. */
  readonly partials: DeviceBuffer | null;
  /** Filled by the engine before each pass. */
  readonly inputs: {
    readonly rows: DeviceBuffer; // [rows]: token, position, sequence, place in its run (u32)
    readonly tables: DeviceBuffer; // [sequences][tableStride] (u32)
    readonly picked: DeviceBuffer; // [outputs]: row index (u32)
    readonly rotations: Readonly<Record<string, DeviceBuffer>>; // each [positions][pairs]: cos, sin
  };
  /** Made by the engine from the page's `activations`; zero beyond each row's width. */
  readonly activations: Readonly<Record<string, DeviceBuffer>>;
}

/** What is known of an architecture without its kernels. */
export interface ModelLayout<Config = unknown> {
  /** @throws HearthError `unsupported-model` or `bad-file` naming the field, what was found and what was expected. */
  readConfig(json: unknown): Config;
  shape(config: Config): ModelShape;
  weights(config: Config): WeightSpec[];
  /** Row strides of the activation buffers; those whose names begin with "picked" or "logits" have a row per output. */
  activations(config: Config): Record<string, number>;
  /** cos and sin of every angle, a table for each way that layers rotate: [positions][pairs of a head][2]. */
  rotations(config: Config, positions: number): Record<string, Float32Array<ArrayBuffer>>;
}

/** How logits come from `activations.pickedNormed`. */
export interface Head {
  /** Its name among the weights. */
  readonly matrix: string;
  /** Logits stay within −cap … cap; null: as they are. */
  readonly softCap: number | null;
}

export interface ModelPage<Config = unknown> extends ModelLayout<Config> {
  /** What the engine records behind the forward, for it decides whether logits are needed or their order alone. */
  head(config: Config): Head;
  /** Records the pass up to the head; it ends with `activations.pickedNormed` [outputs]. */
  forward(config: Config, pass: ForwardPass): void;
}
