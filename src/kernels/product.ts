/**
 * Recording a product with a packed matrix: which kernel for how many rows, and one dispatch for each part of a matrix
 * that is too large for one binding or whose rows are packed in several formats.
 */
import type { DeviceBuffer } from '../gpu/backend';
import { gridOf } from '../gpu/kernel';
import type { Recorder } from '../gpu/recorder';
import { divideUp } from '../lib/shapes';
import type { PackedFormat } from '../quant/format';
import { matmul, matmulArgmax } from './matmul/matmul';
import { matvec, matvecArgmax } from './matvec/matvec';
import { Epilogue, outputsPerTeam, ROW_MULTIPLE } from './shared/epilogue';
import { packedConstants } from './shared/packed';

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
  /** Threads that share an output: the numerics class (Backend.lanes). */
  readonly lanes: number;
  readonly epilogue: keyof typeof Epilogue;
}

/** Records y = x · Wᵀ (or y += …, or y = silu(gate) · up, or y = gelu(gate) · up). */
export function recordProduct(recorder: Recorder, label: string, product: Product): void {
  const { x, matrix, y, yStride, rows, lanes, epilogue } = product;
  const workgroup = workgroupOf(lanes);
  const outputsPerWorkgroup = (workgroup / lanes) * outputsPerTeam(Epilogue[epilogue]);
  for (const { firstOutput, outputs, format, codes, scales } of matrix.parts) {
    const buffers = { x, codes, scales, y };
    const workgroups = divideUp(outputs, outputsPerWorkgroup);
    const constants = {
      ...packedConstants(format, matrix.width),
      OUTPUTS: outputs,
      WORKGROUP: workgroup,
      LANES: lanes,
      Y_OFFSET: firstOutput,
      EPILOGUE: Epilogue[epilogue],
    };
    if (rows === 1) {
      recorder.call(label, matvec, buffers, constants, gridOf(workgroups));
    } else {
      const grid = gridOf(workgroups, divideUp(rows, ROW_MULTIPLE));
      recorder.call(label, matmul, buffers, { ...constants, Y_STRIDE: yStride }, grid);
    }
  }
}

export interface ArgmaxProduct extends Pick<Product, 'x' | 'matrix' | 'rows' | 'lanes'> {
  readonly ranks: DeviceBuffer; // [rows, a multiple of four][ranksPerRow] (key, id)
}

/**
 * Records the product of a head of which only the likeliest tokens are wanted: of each workgroup's outputs the first rank
 * (shared/rank.wgsl), the products themselves nowhere. A head's soft cap need not come before it: what rises keeps order.
 */
export function recordArgmax(recorder: Recorder, label: string, product: ArgmaxProduct): void {
  const { x, matrix, ranks, rows, lanes } = product;
  let offset = 0;
  for (const { firstOutput, outputs, format, codes, scales } of matrix.parts) {
    const workgroups = workgroupsOf(outputs, lanes);
    const constants = {
      ...packedConstants(format, matrix.width),
      OUTPUTS: outputs,
      WORKGROUP: workgroupOf(lanes),
      LANES: lanes,
      FIRST_ID: firstOutput,
      RANK_STRIDE: ranksPerRow(matrix, lanes),
      RANK_OFFSET: offset,
    };
    const kernel = rows === 1 ? matvecArgmax : matmulArgmax;
    const grid = gridOf(workgroups, divideUp(rows, ROW_MULTIPLE));
    recorder.call(label, kernel, { x, codes, scales, ranks }, constants, grid);
    offset += workgroups;
  }
}

/** Ranks that `recordArgmax` gives for each row. */
export function ranksPerRow({ parts }: DeviceMatrix, lanes: number): number {
  return parts.reduce((sum, { outputs }) => sum + workgroupsOf(outputs, lanes), 0);
}

function workgroupsOf(outputs: number, lanes: number): number {
  return divideUp(outputs, (workgroupOf(lanes) / lanes) * outputsPerTeam(Epilogue.store));
}

/** Threads in a workgroup: small ones where no lanes need each other, so that small matrices still occupy every core. */
export function workgroupOf(lanes: number): number {
  return lanes === 1 ? 16 : 64;
}
