/**
 * Recording a product with a packed matrix: which kernel for how many rows, and one dispatch for each part of a matrix
 * that is too large for one binding or whose rows are packed in several formats.
 */
import type { DeviceBuffer } from '../gpu/backend';
import { gridOf } from '../gpu/kernel';
import type { Recorder } from '../gpu/recorder';
import { divideUp } from '../lib/shapes';
import type { PackedFormat } from '../quant/format';
import { matmul, matmulArgmax, matvec, matvecArgmax } from './matmul/matmul';
import { outputsPerRank, type ProductChoice, type ProductKey, rowClass } from './product-variants';
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

export interface Product {
  readonly x: DeviceBuffer; // [rows][paddedWidth]
  readonly matrix: DeviceMatrix;
  readonly y: DeviceBuffer; // [rows][yStride]
  readonly yStride: number;
  readonly rows: number;
  readonly products: ProductChoice;
  readonly epilogue: keyof typeof Epilogue;
}

/** Records y = x · Wᵀ (or y += …, or y = silu(gate) · up, or y = gelu(gate) · up). */
export function recordProduct(recorder: Recorder, label: string, product: Product): void {
  const { x, matrix, y, yStride, rows, products, epilogue } = product;
  const isGatedProduct = isGated(Epilogue[epilogue]);
  for (const part of matrix.parts) {
    const { firstOutput, outputs, format, codes, scales } = part;
    const key = keyOf(matrix, part, rows, isGatedProduct ? 'gated' : 'products', products.lanes);
    const { workgroup, outputsPerThread, rowsPerThread } = products.choose(key);
    const outputsPerWorkgroup = (workgroup / key.lanes) * (isGatedProduct ? outputsPerThread / 2 : outputsPerThread);
    const buffers = { x, codes, scales, y };
    const constants = {
      ...packedConstants(format, matrix.width),
      OUTPUTS: outputs,
      WORKGROUP: workgroup,
      LANES: key.lanes,
      OUTPUTS_PER_THREAD: outputsPerThread,
      ROWS_PER_THREAD: rowsPerThread,
      Y_OFFSET: firstOutput,
      Y_STRIDE: yStride,
      EPILOGUE: Epilogue[epilogue],
    };
    const grid = gridOf(divideUp(outputs, outputsPerWorkgroup), divideUp(rows, rowsPerThread));
    recorder.call(label, rows === 1 ? matvec : matmul, buffers, constants, grid);
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
  const { lanes } = products;
  let offset = 0;
  for (const part of matrix.parts) {
    const { firstOutput, outputs, format, codes, scales } = part;
    const { workgroup, outputsPerThread, rowsPerThread } = products.choose(keyOf(matrix, part, rows, 'ranks', lanes));
    const workgroups = divideUp(outputs, outputsPerRank(lanes));
    const constants = {
      ...packedConstants(format, matrix.width),
      OUTPUTS: outputs,
      WORKGROUP: workgroup,
      LANES: lanes,
      OUTPUTS_PER_THREAD: outputsPerThread,
      ROWS_PER_THREAD: rowsPerThread,
      FIRST_ID: firstOutput,
      RANK_STRIDE: ranksPerRow(matrix, lanes),
      RANK_OFFSET: offset,
    };
    const kernel = rows === 1 ? matvecArgmax : matmulArgmax;
    const grid = gridOf(workgroups, divideUp(rows, rowsPerThread));
    recorder.call(label, kernel, { x, codes, scales, ranks }, constants, grid);
    offset += workgroups;
  }
}

/** Ranks that `recordArgmax` gives for each row. */
export function ranksPerRow({ parts }: DeviceMatrix, lanes: number): number {
  return parts.reduce((sum, { outputs }) => sum + divideUp(outputs, outputsPerRank(lanes)), 0);
}

/** What the variants of one part of a matrix are asked for by. */
export function keyOf(
  { width }: DeviceMatrix,
  { format, outputs }: MatrixPart,
  rows: number,
  result: ProductKey['result'],
  lanes: number,
): ProductKey {
  return { decoder: decoderOf(packedConstants(format, width)), width, outputs, rows: rowClass(rows), result, lanes };
}
