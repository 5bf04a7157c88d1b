/**
 * One model on the device: its weights, KV pools and activations, and the recording of its forward. Which rows a forward
 * has, and what becomes of its logits, is the business of the runner.
 */
import type { Backend, DeviceBuffer } from '../gpu/backend';
import type { Recorder } from '../gpu/recorder';
import { partialBytes, SPLIT_ROWS } from '../kernels/attention/splits';
import type { IntegerKernels } from '../kernels/integer-kernels';
import { ranksPerRow, recordArgmax, recordProduct } from '../kernels/product';
import type { DeviceMatrix } from '../kernels/product';
import { ROW_MULTIPLE } from '../kernels/shared/epilogue';
import { BLOCK, kvBlockBytes } from '../kernels/shared/kv-pool';
import type { KvFormat } from '../kernels/shared/kv-pool';
import { softCap, softCapGrid } from '../kernels/soft-cap/soft-cap';
import { HearthError } from '../lib/errors';
import { present } from '../lib/invariant';
import { roundUp } from '../lib/shapes';
import type { ForwardPass, LayerPool, ModelPage, ModelShape } from '../models/page';
import { isOfOutputs, widestCodes } from './memory';
import type { TuningTable } from './tuning/tuning-table';
import type { UploadedWeights } from './upload';

/** An architecture with a checkpoint's config and its weights on the device. */
export interface ModelParts {
  readonly page: ModelPage;
  readonly config: unknown;
  readonly weights: UploadedWeights;
}

export interface DeviceModelOptions {
  /** Positions one sequence may have. */
  contextLength: number;
  /** Blocks of the KV pools, and blocks one sequence may have. */
  blocks: number;
  tableStride: number;
  /** Rows of one forward, and rows whose logits one forward gives. */
  maxRows: number;
  maxOutputs: number;
  kvFormat: KvFormat;
}

/** What all models of a runner read: rows, block tables, and which rows have their logits taken. */
export type ForwardInputs = Omit<ForwardPass['inputs'], 'rotations'>;

export class DeviceModel {
  readonly shape: ModelShape;
  /** [maxOutputs][logitStride], as the last forward left them. */
  readonly logits: DeviceBuffer;
  readonly logitStride: number;
  /** [maxOutputs, rounded up to ROW_MULTIPLE][rankStride], as the last forward left them whose head gave no logits. */
  readonly ranks: DeviceBuffer;
  readonly rankStride: number;
  readonly pools: readonly LayerPool[];
  /** Rows whose logits one forward gives. */
  readonly maxOutputs: number;
  readonly #pass: Omit<ForwardPass, 'recorder' | 'rowCount' | 'outputCount' | 'runRows' | 'partials' | 'inputs'>;
  readonly #partials: DeviceBuffer | null;
  readonly #rotations: Readonly<Record<string, DeviceBuffer>>;
  readonly #head: DeviceMatrix;
  readonly #buffers: DeviceBuffer[] = [];

  /**
   * @param kernels where products read codes of activations; null where they read these as they are.
   * @throws HearthError `adapter-too-small` when a layer's keys exceed one binding; nothing is made then.
   */
  constructor(
    backend: Backend,
    readonly parts: ModelParts,
    options: DeviceModelOptions,
    tuning: TuningTable,
    kernels: IntegerKernels | null,
  ) {
    const { page, config, weights } = parts;
    const { contextLength, blocks, tableStride, maxRows, maxOutputs, kvFormat } = options;
    const shape = page.shape(config);
    this.shape = shape;
    this.maxOutputs = maxOutputs;
    const poolBytes = blocks * kvBlockBytes(kvFormat, shape.kvHeads, shape.headDim);
    if (poolBytes > backend.limits.maxBindingBytes) {
      throw new HearthError(
        'adapter-too-small',
        `The keys of ${blocks * BLOCK} positions take ${poolBytes} bytes a layer; this adapter binds at most ${backend.limits.maxBindingBytes}.`,
      );
    }
    const create = (label: string, bytes: number): DeviceBuffer => {
      const buffer = backend.createBuffer(label, bytes);
      this.#buffers.push(buffer);
      return buffer;
    };
    const strides = page.activations(config);
    const activations: Record<string, DeviceBuffer> = {};
    for (const [name, stride] of Object.entries(strides)) {
      const rows = isOfOutputs(name) ? maxOutputs : maxRows;
      activations[name] = create(name, 4 * stride * roundUp(rows, ROW_MULTIPLE));
    }
    this.pools = Array.from({ length: shape.layers }, (_, layer): LayerPool => {
      return { keys: create(`layers.${layer}.keys`, poolBytes), values: create(`layers.${layer}.values`, poolBytes) };
    });
    const partials = partialBytes(contextLength, shape.heads, shape.headDim);
    this.#partials = partials > 0 ? create('partials', partials) : null;
    const rotations: Record<string, DeviceBuffer> = {};
    for (const [name, table] of Object.entries(page.rotations(config, contextLength))) {
      const buffer = create(`rotations.${name}`, table.byteLength);
      backend.write(buffer, 0, table);
      rotations[name] = buffer;
    }
    this.#rotations = rotations;
    const products = { threads: backend, choose: tuning.choose.bind(tuning) };
    const chooseAttention = tuning.chooseAttention.bind(tuning);
    const quantized = kernels && { rows: create('quantized', widestCodes(strides, maxRows)), kernels };
    this.#pass = {
      weights,
      products,
      chooseAttention,
      tableStride,
      kvFormat,
      pools: this.pools,
      activations,
      quantized,
    };
    this.logits = present(activations['logits'], 'logits');
    this.logitStride = present(strides['logits'], 'stride of the logits');
    this.#head = weights.matrix(page.head(config).matrix);
    this.rankStride = ranksPerRow(this.#head, backend.lanes);
    this.ranks = create('ranks', 8 * this.rankStride * roundUp(maxOutputs, ROW_MULTIPLE));
  }

  /** Bytes of everything but the weights. */
  get bytes(): number {
    return this.#buffers.reduce((sum, buffer) => sum + buffer.bytes, 0);
  }

  /**
   * Records a forward over the first `rowCount` rows, and what the head makes of the first `outputCount` of `inputs.picked`:
   * their logits, or with `greedy` their ranks alone. No more than `runRows` rows of one sequence follow each other;
   * `long` says that the context of one exceeds LONG_CONTEXT, which changes no result.
   */
  record(
    recorder: Recorder,
    inputs: ForwardInputs,
    rowCount: number,
    outputCount: number,
    { greedy = false, long = false, runRows = rowCount }: { greedy?: boolean; long?: boolean; runRows?: number } = {},
  ): void {
    const { page, config } = this.parts;
    const withRotations = { ...inputs, rotations: this.#rotations };
    // Where threads are not free (one lane), there is nothing that splits would occupy.
    const partials = long && rowCount <= SPLIT_ROWS && this.#pass.products.threads.lanes > 1 ? this.#partials : null;
    const pass = { ...this.#pass, inputs: withRotations, recorder, rowCount, outputCount, runRows, partials };
    page.forward(config, pass);
    if (outputCount === 0) return;
    const x = present(pass.activations['pickedNormed'], 'activation pickedNormed');
    const product = { x, matrix: this.#head, rows: outputCount, products: pass.products };
    if (greedy) return recordArgmax(recorder, 'head', { ...product, ranks: this.ranks }); // a cap keeps the order
    recordProduct(recorder, 'head', { ...product, y: this.logits, yStride: this.logitStride, epilogue: 'store' });
    const { softCap: cap } = page.head(config);
    if (cap === null) return;
    const vectors = this.logitStride / 4;
    const constants = { STRIDE: vectors, SOFT_CAP: cap };
    recorder.call('logits', softCap, { y: this.logits }, constants, softCapGrid(vectors, outputCount));
  }

  destroy(): void {
    for (const buffer of this.#buffers) buffer.destroy();
    this.parts.weights.destroy();
  }
}
