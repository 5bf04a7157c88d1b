/**
 * Recording a product with a packed matrix: which kernel for how many rows, and one dispatch for each part of a matrix
 * that is too large for one binding or whose rows are packed in several formats.
 */
import type { DeviceBuffer } from '../gpu/backend';
import { type Grid, gridOf } from '../gpu/kernel';
import type { Recorder } from '../gpu/recorder';
import { divideUp } from '../lib/shapes';
import type { IntegerKernels } from './integer-kernels';
import { isQuantized } from '../quant/format';
import type { PackedFormat } from '../quant/format';
import {
  directShare,
  matmul,
  matmulArgmax,
  matmulNormed,
  matmulTiled,
  matmulTiledNormed,
  matvec,
  matvecArgmax,
  matvecNormed,
  tiledShare,
} from './matmul/matmul';
import { lanesOf, outputsPerRank, rowClass, sharingConstants } from './product-variants';
import type { ProductChoice, ProductKey, ProductVariant, Threads } from './product-variants';
import { Epilogue, isGated } from './shared/epilogue';
import { decoderOf, packedConstants } from './shared/packed';

/** Rows of a packed matrix in device memory: outputs [firstOutput, firstOutput + outputs). */
export interface MatrixPart {
  readonly firstOutput: number;
  readonly outputs: number;
  readonly format: PackedFormat;
  /** [outputs][codeWordsPerRow]; of a gated matrix first the gates' rows, then the ups'. */
  readonly codes: DeviceBuffer;
  readonly scales: DeviceBuffer;
}

/** A packed matrix in device memory. */
export interface DeviceMatrix {
  /** Outputs of the product; a gated matrix has twice as many weight rows. */
  readonly outputs: number;
  readonly width: number;
  readonly parts: readonly MatrixPart[];
}

/** Rows of activations as int8 codes, and the kernels that make and read them. */
export interface Quantized {
  readonly rows: DeviceBuffer; // [rows][chunks][QUANTIZED_WORDS]
  readonly kernels: IntegerKernels;
}

export interface Product {
  readonly x: DeviceBuffer; // [rows][paddedWidth]
  readonly matrix: DeviceMatrix;
  readonly y: DeviceBuffer; // [rows][yStride]
  readonly yStride: number;
  readonly rows: number;
  readonly products: ProductChoice;
  readonly epilogue: keyof typeof Epilogue;
  /** The same rows as int8 codes (kernels/quantize-rows): what parts whose weights are quantised are multiplied with. */
  readonly quantized?: Quantized | null;
  /** In place of x stands x / sqrt(mean(x²) + epsilon) · gamma. */
  readonly norm?: { readonly gamma: DeviceBuffer; readonly epsilon: number };
}

/** Records y = x · Wᵀ (or y += …, or y = silu(gate) · up, or y = gelu(gate) · up). */
export function recordProduct(recorder: Recorder, label: string, product: Product): void {
  const { x, matrix, y, yStride, rows, products, epilogue, quantized = null, norm } = product;
  const result = isGated(Epilogue[epilogue]) ? 'gated' : 'products';
  for (const part of matrix.parts) {
    const { firstOutput, outputs, format, codes, scales } = part;
    const activations = quantized !== null && isQuantized(format) ? 'int8' : 'f32';
    const key = keyOf(matrix, part, rows, { result, activations, normed: norm !== undefined }, products.threads);
    const variant = products.choose(key);
    const constants = {
      ...packedConstants(format, matrix.width),
      ...sharingConstants(key, variant),
      OUTPUTS: outputs,
      Y_OFFSET: firstOutput,
      Y_STRIDE: yStride,
      EPILOGUE: Epilogue[epilogue],
    };
    const grid = gridOfVariant(key, variant, rows);
    const isTiled = variant.kernel === 'tiled';
    if (quantized !== null && activations === 'int8') {
      const { matmulInteger, matmulTiledInteger, matvecInteger } = quantized.kernels;
      const kernel = isTiled ? matmulTiledInteger : rows === 1 ? matvecInteger : matmulInteger;
      recorder.call(label, kernel, { x: quantized.rows, codes, scales, y }, constants, grid);
    } else if (norm) {
      const kernel = isTiled ? matmulTiledNormed : rows === 1 ? matvecNormed : matmulNormed;
      const normed = { ...constants, WIDTH: matrix.width, EPSILON: norm.epsilon };
      recorder.call(label, kernel, { x, codes, scales, y, gamma: norm.gamma }, normed, grid);
    } else {
      const kernel = isTiled ? matmulTiled : rows === 1 ? matvec : matmul;
      recorder.call(label, kernel, { x, codes, scales, y }, constants, grid);
    }
  }
}

export interface ArgmaxProduct extends Pick<Product, 'x' | 'matrix' | 'rows' | 'products'> {
  readonly ranks: DeviceBuffer; // [rows, a multiple of four][ranksPerRow] (key, id)
}

/**
 * Records the product of a head of which only the likeliest tokens are wanted: of each workgroup's outputs the first rank
 * (shared/rank.wgsl), the products themselves nowhere. A head's soft cap need not come before it: what rises keeps order.
 */
export function recordArgmax(recorder: Recorder, label: string, product: ArgmaxProduct): void {
  const { x, matrix, ranks, rows, products } = product;
  let offset = 0;
  for (const part of matrix.parts) {
    const { firstOutput, outputs, format, codes, scales } = part;
    const key = keyOf(matrix, part, rows, { result: 'ranks', activations: 'f32', normed: false }, products.threads);
    const variant = products.choose(key);
    const constants = {
      ...packedConstants(format, matrix.width),
      ...sharingConstants(key, variant),
      OUTPUTS: outputs,
      FIRST_ID: firstOutput,
      RANK_STRIDE: ranksPerRow(matrix, products.threads.lanes),
      RANK_OFFSET: offset,
    };
    const kernel = rows === 1 ? matvecArgmax : matmulArgmax;
    recorder.call(label, kernel, { x, codes, scales, ranks }, constants, gridOfVariant(key, variant, rows));
    offset += divideUp(outputs, outputsPerRank(key.lanes));
  }
}

/** Ranks that `recordArgmax` gives for each row. */
export function ranksPerRow({ width, parts }: DeviceMatrix, lanes: number): number {
  const outputsEach = outputsPerRank(lanesOf(width, lanes));
  return parts.reduce((sum, { outputs }) => sum + divideUp(outputs, outputsEach), 0);
}

/** What the variants of one part of a matrix are asked for by. */
export function keyOf(
  { width }: DeviceMatrix,
  { format, outputs }: MatrixPart,
  rows: number,
  kind: Pick<ProductKey, 'result' | 'activations' | 'normed'>,
  { lanes, quads }: Threads,
): ProductKey {
  return {
    decoder: decoderOf(packedConstants(format, width)),
    width,
    outputs,
    rows: rowClass(rows),
    ...kind,
    lanes: lanesOf(width, lanes),
    quads,
  };
}

/** Workgroups of a variant for `rows` rows. */
export function gridOfVariant(key: ProductKey, variant: ProductVariant, rows: number): Grid {
  const sharing = sharingConstants(key, variant);
  const share = variant.kernel === 'tiled' ? tiledShare(sharing) : directShare(sharing);
  const outputs = key.result === 'gated' ? share.weightRows / 2 : share.weightRows;
  return gridOf(divideUp(key.outputs, outputs), divideUp(rows, share.rows));
}
