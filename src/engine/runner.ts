/**
 * One model on one backend: its weights, KV pools, activation buffers and recorded steps. `forward` turns a batch of rows
 * into logits; it knows no request. Buffers are made here once; a step is recorded and prepared once per shape of batch.
 */
import type { Backend, DeviceBuffer, PreparedStep } from '../gpu/backend';
import { Recorder } from '../gpu/recorder';
import type { Step } from '../gpu/recorder';
import { ROW_MULTIPLE } from '../kernels/product';
import { BLOCK, kvBlockBytes } from '../kernels/shared/kv-pool';
import type { KvFormat } from '../kernels/shared/kv-pool';
import { HearthError } from '../lib/errors';
import { present } from '../lib/invariant';
import { divideUp, roundUp } from '../lib/shapes';
import type { ForwardPass, LayerPool, ModelPage } from '../models/page';
import { KvCache } from './kv-cache';
import type { Batch } from './scheduler';
import type { UploadedWeights } from './upload';

export interface RunnerOptions {
  /** Positions one sequence may have. */
  contextLength: number;
  /** Rows of one forward: the prefill chunk. */
  maxRows: number;
  /** Sequences that may be live at once, and so rows whose logits one forward gives. */
  maxSequences: number;
  /** How keys and values are stored; f32 is for tests of exactness. */
  kvFormat: KvFormat;
}

export class Runner {
  readonly cache: KvCache;
  readonly vocabSize: number;
  readonly #page: ModelPage;
  readonly #pass: Omit<ForwardPass, 'recorder' | 'rowCount' | 'outputCount'>;
  readonly #logits: Float32Array<ArrayBuffer>; // [maxSequences][logitStride]
  readonly #logitRows: readonly Float32Array[]; // views of #logits, one a row
  readonly #logitStride: number;
  readonly #steps = new Map<number, PreparedStep>();
  readonly #buffers: DeviceBuffer[];

  private constructor(
    readonly backend: Backend,
    page: ModelPage,
    readonly config: unknown,
    readonly weights: UploadedWeights,
    readonly options: RunnerOptions,
  ) {
    const { contextLength, maxRows, maxSequences, kvFormat } = options;
    const shape = page.shape(config);
    const buffers: DeviceBuffer[] = [];
    const create = (label: string, bytes: number): DeviceBuffer => {
      const buffer = backend.createBuffer(label, bytes);
      buffers.push(buffer);
      return buffer;
    };
    this.#page = page;
    this.#buffers = buffers;
    this.vocabSize = shape.vocabSize;
    this.cache = new KvCache(divideUp(contextLength, BLOCK) * maxSequences, maxSequences, contextLength);
    const poolBytes = this.cache.blocks * kvBlockBytes(kvFormat, shape.kvHeads, shape.headDim);
    if (poolBytes > backend.limits.maxBindingBytes) {
      throw new HearthError(
        'adapter-too-small',
        `The keys of ${maxSequences * contextLength} positions take ${poolBytes} bytes a layer; this adapter binds at most ${backend.limits.maxBindingBytes}.`,
      );
    }

    const strides = page.activations(config);
    const activations: Record<string, DeviceBuffer> = {};
    for (const [name, stride] of Object.entries(strides)) {
      const rows = /^(picked|logits)/.test(name) ? maxSequences : maxRows;
      activations[name] = create(name, 4 * stride * roundUp(rows, ROW_MULTIPLE));
    }
    const pools = Array.from({ length: shape.layers }, (_, layer): LayerPool => {
      return { keys: create(`layers.${layer}.keys`, poolBytes), values: create(`layers.${layer}.values`, poolBytes) };
    });
    const rotations = page.rotations(config, contextLength);
    const inputs = {
      rows: create('rows', 16 * maxRows),
      tables: create('tables', this.cache.tables.byteLength),
      picked: create('picked rows', 4 * maxSequences),
      rotations: create('rotations', rotations.byteLength),
    };
    backend.write(inputs.rotations, 0, rotations);
    const { lanes } = backend;
    this.#pass = { weights, lanes, tableStride: this.cache.tableStride, kvFormat, pools, inputs, activations };
    this.#logitStride = present(strides['logits'], 'stride of the logits');
    const logits = new Float32Array(maxSequences * this.#logitStride);
    this.#logits = logits;
    this.#logitRows = Array.from({ length: maxSequences }, (_, i) => {
      return logits.subarray(i * this.#logitStride, i * this.#logitStride + this.vocabSize);
    });
  }

  /** Makes the buffers and prepares the step that decode repeats. @throws HearthError `out-of-memory`, `device-lost`. */
  static async create(
    backend: Backend,
    page: ModelPage,
    config: unknown,
    weights: UploadedWeights,
    options: RunnerOptions,
  ): Promise<Runner> {
    const runner = new Runner(backend, page, config, weights, options);
    try {
      await backend.settle();
      await Promise.all([runner.#prepared(1, 1), runner.#prepared(ROW_MULTIPLE, 1)]);
      return runner;
    } catch (error) {
      runner.destroy();
      throw error;
    }
  }

  /** Bytes of everything but the weights: KV pools, activations, inputs. */
  get bytes(): number {
    return this.#buffers.reduce((sum, buffer) => sum + buffer.bytes, 0);
  }

  /**
   * Computes the batch's rows.
   * @returns logits [batch.outputs.length][vocabSize], views that the next forward overwrites.
   */
  async forward(batch: Batch): Promise<readonly Float32Array[]> {
    const { rows, tables, picked } = this.#pass.inputs;
    const outputs = batch.outputs.length;
    const prepared =
      this.#steps.get(stepKey(batch.rowCount, outputs)) ?? (await this.#prepared(batch.rowCount, outputs));
    this.backend.write(rows, 0, batch.rows.subarray(0, 4 * batch.rowCount));
    if (this.cache.takeChanges()) this.backend.write(tables, 0, this.cache.tables);
    if (outputs === 0) {
      await this.backend.run(prepared);
      return this.#logitRows;
    }
    this.backend.write(picked, 0, batch.picked.subarray(0, outputs));
    const buffer = present(this.#pass.activations['logits'], 'logits');
    await this.backend.runAndRead(prepared, { buffer, into: this.#logits.subarray(0, outputs * this.#logitStride) });
    return this.#logitRows;
  }

  /** The dispatches of a forward over `rowCount` rows, for tests and tools. */
  record(rowCount: number, outputCount: number): Step {
    const recorder = new Recorder();
    this.#page.forward(this.config, { ...this.#pass, recorder, rowCount, outputCount });
    return recorder.finish();
  }

  destroy(): void {
    for (const buffer of this.#buffers) buffer.destroy();
    this.weights.destroy();
  }

  async #prepared(rowCount: number, outputCount: number): Promise<PreparedStep> {
    const prepared = await this.backend.prepare(this.record(rowCount, outputCount));
    this.#steps.set(stepKey(rowCount, outputCount), prepared);
    return prepared;
  }
}

function stepKey(rowCount: number, outputCount: number): number {
  return rowCount * 65536 + outputCount;
}
