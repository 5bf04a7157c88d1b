/**
 * Packed bits back to numbers: the one place that says, outside the shaders, what stored bits mean. FORMAT.md draws
 * them. `readCodes` and `readScales` give a row's parts as they are stored, for the CPU twins, which apply a scale to a
 * whole group's product as the shaders do; `unpackRow` puts the parts together.
 */
import { invariant } from '../lib/invariant';
import { fromFloat16Bits } from './float16';
import type { PackedMatrix } from './format';
import { isQuantized, rowLayout } from './format';

/** A whole matrix as f32; padding is left out. @returns weights // [rows][width] */
export function unpack(matrix: PackedMatrix): Float32Array<ArrayBuffer> {
  const { rows, width } = matrix;
  const weights = new Float32Array(rows * width);
  for (let row = 0; row < rows; row++) unpackRow(matrix, row, weights.subarray(row * width, (row + 1) * width));
  return weights;
}

/**
 * One row as f32: w = scale · q + bias, rounded once to f32.
 * @param target takes the row // [width]
 */
export function unpackRow(matrix: PackedMatrix, row: number, target: Float32Array): void {
  const { format, width } = matrix;
  const { paddedWidth, groupsPerRow } = rowLayout(format, width);
  const codes = new Float32Array(paddedWidth);
  readCodes(matrix, row, codes);
  if (!isQuantized(format)) {
    target.set(codes.subarray(0, width));
    return;
  }
  const scales = new Float32Array(groupsPerRow);
  const biases = new Float64Array(groupsPerRow);
  readScales(matrix, row, scales, biases);
  for (let column = 0; column < width; column++) {
    const group = Math.floor(column / format.group);
    target[column] = scales[group]! * codes[column]! + biases[group]!;
  }
}

/**
 * One row's codes, padding included: 0…15 for int4 (symmetric too: the bias of `readScales` takes the zero level off),
 * −128…127 for int8, the weights themselves for float formats.
 * @param target takes the codes // [paddedWidth]
 */
export function readCodes(matrix: PackedMatrix, row: number, target: Float32Array): void {
  const { codeWordsPerRow, paddedWidth } = rowLayout(matrix.format, matrix.width);
  invariant(row >= 0 && row < matrix.rows, `row ${row} lies in a matrix of ${matrix.rows} rows`);
  invariant(target.length >= paddedWidth, `a row of ${paddedWidth} codes fits a target of ${target.length}`);
  const words = matrix.codes.subarray(row * codeWordsPerRow, (row + 1) * codeWordsPerRow);
  switch (matrix.format.kind) {
    case 'int4':
      for (let word = 0, c = 0; word < codeWordsPerRow; word++, c += 8) {
        const bits = words[word]!;
        target[c] = bits & 15;
        target[c + 4] = (bits >>> 4) & 15;
        target[c + 1] = (bits >>> 8) & 15;
        target[c + 5] = (bits >>> 12) & 15;
        target[c + 2] = (bits >>> 16) & 15;
        target[c + 6] = (bits >>> 20) & 15;
        target[c + 3] = (bits >>> 24) & 15;
        target[c + 7] = bits >>> 28;
      }
      return;
    case 'int8':
      for (let word = 0, c = 0; word < codeWordsPerRow; word++, c += 4) {
        const bits = words[word]!;
        target[c] = (bits << 24) >> 24;
        target[c + 1] = (bits << 16) >> 24;
        target[c + 2] = (bits << 8) >> 24;
        target[c + 3] = bits >> 24;
      }
      return;
    case 'f16':
      for (let c = 0; c < paddedWidth; c++) target[c] = fromFloat16Bits((words[c >> 1]! >>> (16 * (c & 1))) & 0xffff);
      return;
    case 'bf16':
    case 'f32': {
      const bits = new Uint32Array(target.buffer, target.byteOffset, paddedWidth);
      if (matrix.format.kind === 'f32') bits.set(words);
      else for (let c = 0; c < paddedWidth; c++) bits[c] = (words[c >> 1]! >>> (16 * (c & 1))) << 16;
    }
  }
}

/**
 * One row's scales, with a bias for every group: the stored one for affine formats; −8 · scale for symmetric int4 and 0
 * for symmetric int8, so that w = scale · code + bias holds for the codes of `readCodes` in every format.
 * @param scales, biases take one number per group // [groupsPerRow]
 */
export function readScales(
  matrix: PackedMatrix,
  row: number,
  scales: Float32Array | Float64Array,
  biases: Float32Array | Float64Array,
): void {
  const { format } = matrix;
  invariant(isQuantized(format), `${format.kind} weights have no scales`);
  const { groupsPerRow, scaleWordsPerRow } = rowLayout(format, matrix.width);
  const words = matrix.scales.subarray(row * scaleWordsPerRow, (row + 1) * scaleWordsPerRow);
  const floats = new Float32Array(words.buffer, words.byteOffset, words.length);
  const zeroLevel = format.kind === 'int4' ? 8 : 0;
  for (let group = 0; group < groupsPerRow; group++) {
    if (format.affine) {
      scales[group] = format.scale === 'f32' ? floats[2 * group]! : fromFloat16Bits(words[group]! & 0xffff);
      biases[group] = format.scale === 'f32' ? floats[2 * group + 1]! : fromFloat16Bits(words[group]! >>> 16);
    } else {
      const scale =
        format.scale === 'f32' ? floats[group]! : fromFloat16Bits((words[group >> 1]! >>> (16 * (group & 1))) & 0xffff);
      scales[group] = scale;
      biases[group] = -zeroLevel * scale;
    }
  }
}
