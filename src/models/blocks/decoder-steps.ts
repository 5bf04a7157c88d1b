/**
 * The kernel calls that the decoders' forwards are written in, bound to one pass. Activations are named as in the page's
 * layout. Each step is one dispatch, except for matrices that are split and, where products read codes, for rows that are
 * rounded to codes first.
 */
import type { DeviceBuffer } from '../../gpu/backend';
import { attention, mergeGrid, mergeSplits } from '../../kernels/attention/attention';
import { attentionTiling } from '../../kernels/attention/attention-variants';
import { LONG_CONTEXT, splitsOf } from '../../kernels/attention/splits';
import { embed } from '../../kernels/embed/embed';
import { gatherRows } from '../../kernels/gather-rows/gather-rows';
import { recordProduct } from '../../kernels/product';
import type { MatrixPart } from '../../kernels/product';
import { normsInside, rowClass } from '../../kernels/product-variants';
import { qkNorm } from '../../kernels/qk-norm/qk-norm';
import { quantizeRowsGrid } from '../../kernels/quantize-rows/quantize-rows-grid';
import { rmsNorm } from '../../kernels/rms-norm/rms-norm';
import {
  rotaryAppend,
  rotaryAppendBiased,
  rotaryAppendGrid,
  rotaryAppendNormed,
} from '../../kernels/rotary-append/rotary-append';
import type { Epilogue } from '../../kernels/shared/epilogue';
import { BLOCK, KV_FORMATS } from '../../kernels/shared/kv-pool';
import { packedConstants } from '../../kernels/shared/packed';
import { present } from '../../lib/invariant';
import { divideUp } from '../../lib/shapes';
import { CHUNK, isQuantized } from '../../quant/format';
import type { ForwardPass, Head } from '../page';
import type { DecoderConfig } from './decoder-config';

/** How queries and keys become those that attention compares. */
export interface Turning {
  /** A table of the layout's `rotations`. */
  rotations: string;
  /** Numbers of a head that turn: twice the pairs of the table, or 0 in a layer without positions. */
  rotaryDim: number;
  /** Weights: added to queries, keys and values first; or norms of each head of queries and keys. */
  bias?: string;
  headNorms?: string;
}

export interface AttentionView {
  /** Of the scores; by default 1 / sqrt(head_dim). */
  scale?: number;
  /** Positions a row sees; null: all before it. */
  window?: number | null;
  /** Scores stay within −cap … cap; null: as they are. */
  softCap?: number | null;
}

export type DecoderSteps = ReturnType<typeof decoderSteps>;

/** @param strides of the activations, as the page's layout has them */
export function decoderSteps(config: DecoderConfig, strides: Readonly<Record<string, number>>, pass: ForwardPass) {
  const { recorder, weights, inputs, rowCount, outputCount, products, quantized } = pass;
  const { num_attention_heads: heads, num_key_value_heads: kvHeads, head_dim: headDim, rms_norm_eps: epsilon } = config;
  const { rows, tables } = inputs;
  const buffer = (name: string): DeviceBuffer => present(pass.activations[name], `activation ${name}`);
  const stride = (name: string): number => present(strides[name], `stride of ${name}`);
  const qkv = { Q_HEADS: heads, QKV_STRIDE: stride('qkv') };
  const pool = {
    KV_HEADS: kvHeads,
    HEAD_DIM: headDim,
    KV_FORMAT: KV_FORMATS.indexOf(pass.kvFormat),
    TABLE_STRIDE: pass.tableStride,
  };
  const poolOf = (layer: number) => present(pass.pools[layer], `KV pool of layer ${layer}`);
  const normConstants = { STRIDE: stride('residual') / 4, WIDTH: config.hidden_size, EPSILON: epsilon, ADD: 0 };

  const productOf = (name: string, x: string, y: string, epilogue: keyof typeof Epilogue) => {
    const buffers = { x: buffer(x), matrix: weights.matrix(name), y: buffer(y), yStride: stride(y) };
    return { ...buffers, rows: rowCount, products, epilogue };
  };

  const isQuantizedPart = ({ format }: MatrixPart) => isQuantized(format);

  return {
    /** residual = scale · the embedding of each row's token. */
    embed(scale = 1): void {
      const table = weights.matrix('embedding');
      for (const { firstOutput, outputs, format, codes, scales } of table.parts) {
        const constants = {
          ...packedConstants(format, table.width),
          WIDTH: table.width,
          FIRST_ROW: firstOutput,
          PART_ROWS: outputs,
          SCALE: scale,
        };
        const grid = [divideUp(constants.CHUNKS, 64), 1, rowCount] as const;
        recorder.call('embedding', embed, { rows, codes, scales, y: buffer('residual') }, constants, grid);
      }
    },

    /** y = norm(x) with the weight `name`, or y += norm(x). */
    norm(name: string, x: string, y: string, how: 'store' | 'add' = 'store'): void {
      const buffers = { x: buffer(x), weight: weights.vector(name), y: buffer(y) };
      const constants = { ...normConstants, ADD: how === 'add' ? 1 : 0 };
      recorder.call(name, rmsNorm, buffers, constants, [1, 1, rowCount]);
    },

    /** y = x · Wᵀ with the matrix `name`, or what the epilogue makes of it. */
    project(name: string, x: string, y: string, epilogue: keyof typeof Epilogue = 'store'): void {
      if (quantized !== null && weights.matrix(name).parts.some(isQuantizedPart)) {
        const chunks = stride(x) / CHUNK;
        const grid = quantizeRowsGrid(chunks, rowCount);
        const buffers = { x: buffer(x), quantized: quantized.rows };
        recorder.call(`${name}.codes`, quantized.kernels.quantizeRows, buffers, { CHUNKS: chunks }, grid);
      }
      recordProduct(recorder, name, { ...productOf(name, x, y, epilogue), quantized });
    },

    /** y = norm(x) · Wᵀ with the weight and the matrix so named, in one dispatch or by way of `normed` or codes in two. */
    projectNormed(norm: string, name: string, x: string, y: string, epilogue: keyof typeof Epilogue = 'store'): void {
      const { parts } = weights.matrix(name);
      if (quantized !== null && parts.every(isQuantizedPart)) {
        const { ADD: _, ...constants } = normConstants;
        const buffers = { x: buffer(x), weight: weights.vector(norm), quantized: quantized.rows };
        recorder.call(norm, quantized.kernels.rmsNormQuantized, buffers, constants, [1, 1, rowCount]);
        return recordProduct(recorder, name, { ...productOf(name, x, y, epilogue), quantized });
      }
      const readsCodes = quantized !== null && parts.some(isQuantizedPart);
      if (normsInside(products.threads.lanes) && !readsCodes) {
        const gamma = weights.vector(norm);
        return recordProduct(recorder, name, { ...productOf(name, x, y, epilogue), norm: { gamma, epsilon } });
      }
      this.norm(norm, x, 'normed');
      this.project(name, 'normed', y, epilogue);
    },

    /** Norms queries and keys of `qkv`, each over all heads. */
    qkNorm(name: string): void {
      const buffers = { qkv: buffer('qkv'), weight: weights.vector(name) };
      const constants = { ...qkv, KV_HEADS: kvHeads, HEAD_DIM: headDim, EPSILON: epsilon };
      recorder.call(name, qkNorm, buffers, constants, [2, 1, rowCount]);
    },

    /** Turns queries and keys of `qkv`, and appends keys and values to the layer's pools. */
    rotaryAppend(layer: number, { rotations, rotaryDim, bias, headNorms }: Turning): void {
      const label = `layers.${layer}.rotary`;
      const { keys, values } = poolOf(layer);
      const table = present(inputs.rotations[rotations], `rotations ${rotations}`);
      const buffers = { qkv: buffer('qkv'), rows, tables, rotations: table, keys, values };
      const constants = { ...pool, ...qkv, ROTARY_DIM: rotaryDim };
      const grid = rotaryAppendGrid(heads + 2 * kvHeads, headDim, rowCount);
      if (bias !== undefined) {
        recorder.call(label, rotaryAppendBiased, { ...buffers, bias: weights.vector(bias) }, constants, grid);
      } else if (headNorms !== undefined) {
        const normed = { ...constants, EPSILON: epsilon };
        recorder.call(label, rotaryAppendNormed, { ...buffers, norms: weights.vector(headNorms) }, normed, grid);
      } else {
        recorder.call(label, rotaryAppend, buffers, constants, grid);
      }
    },

    /** attended = what the queries of `qkv` gather from the layer's pools; behind a long context in two dispatches. */
    attend(layer: number, { scale = headDim ** -0.5, window = null, softCap: cap = null }: AttentionView = {}): void {
      const { keys, values } = poolOf(layer);
      const partials = (window ?? Infinity) > LONG_CONTEXT ? pass.partials : null;
      const key = {
        group: heads / kvHeads,
        kvHeads,
        headDim,
        kvFormat: pass.kvFormat,
        window: window ?? 0,
        rows: rowClass(rowCount),
        run: rowClass(pass.runRows),
        split: partials !== null,
        lanes: products.threads.lanes,
      };
      const variant = pass.chooseAttention(key);
      const tiling = attentionTiling(key, variant);
      const view = { ...pool, ...qkv, Y_STRIDE: stride('attended'), WINDOW: window ?? 0 };
      const own = { ...view, ...tiling, SCALE: scale, SOFT_CAP: cap ?? 0 };
      const gathering = { qkv: buffer('qkv'), rows, tables, keys, values };
      const label = `layers.${layer}.attention`;
      const workgroups = heads / tiling.HEADS;
      const y = buffer('attended');
      if (partials === null) {
        recorder.call(label, attention, { ...gathering, y }, { ...own, SPLITS: 0 }, [workgroups, 1, rowCount]);
        return;
      }
      const SPLITS = splitsOf(pass.tableStride * BLOCK);
      const grid = [workgroups, Math.min(variant.sharers, SPLITS), rowCount] as const;
      recorder.call(label, attention, { ...gathering, y: partials }, { ...own, SPLITS }, grid);
      const merging = { ...view, SPLITS };
      recorder.call(`${label}.merge`, mergeSplits, { rows, partials, y }, merging, mergeGrid(heads, headDim, rowCount));
    },

    /** pickedNormed = the picked rows of the residual through the last norm, divided by what divides the logits. */
    pick(divisor = 1): void {
      if (outputCount === 0) return;
      const { STRIDE } = normConstants;
      const picking = { x: buffer('residual'), picked: inputs.picked, y: buffer('picked') };
      recorder.call('picked', gatherRows, picking, { STRIDE }, [divideUp(STRIDE, 64), 1, outputCount]);
      // The head is linear, so its input is divided instead: a norm with mean and epsilon divisor² times as large does it.
      const divided = {
        ...normConstants,
        WIDTH: normConstants.WIDTH / divisor ** 2,
        EPSILON: normConstants.EPSILON * divisor ** 2,
      };
      const norming = { x: buffer('picked'), weight: weights.vector('norm'), y: buffer('pickedNormed') };
      recorder.call('norm', rmsNorm, norming, divided, [1, 1, outputCount]);
    },
  };
}

/** The head of a decoder: the embedding where the two are tied. */
export function headOf(config: DecoderConfig, softCap: number | null = null): Head {
  return { matrix: config.tie_word_embeddings ? 'embedding' : 'head', softCap };
}
