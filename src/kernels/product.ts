/**
 * Recording a product with a packed matrix: which kernel for how many rows, and one dispatch for each part of a matrix
 * that is too large for one binding or whose rows are packed in several formats.
 */
import type { DeviceBuffer } from '../gpu/backend';
import { gridOf } from '../gpu/kernel';
import type { Recorder } from '../gpu/recorder';
import { divideUp } from '../lib/shapes';
import type { PackedFormat } from '../quant/format';
import { matmul } from './matmul/matmul';
import { matvec } from './matvec/matvec';
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

/** Threads in a workgroup: small ones where no lanes need each other, so that small matrices still occupy every core. */
export function workgroupOf(lanes: number): number {
  return lanes === 1 ? 16 : 64;
}
