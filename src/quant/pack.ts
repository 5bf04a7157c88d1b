/**
 * Rows of f32 weights to packed bits, as FORMAT.md draws them. Every row is packed on its own, so a tensor may be
 * packed block by block: the blocks' codes and scales, one after another, are bit for bit those of the whole.
 *
 * `packRows` chooses codes and scales itself (quantize.ts); `packExact` stores given ones, for files that are quantised
 * already. unpack.ts reads the bits back.
 */
import { HearthError } from '../lib/errors';
import { invariant } from '../lib/invariant';
import { fromFloat16Bits, toBfloat16Bits, toFloat16Bits } from './float16';
import type { FloatFormat, PackedFormat, PackedMatrix, QuantizedFormat, RowLayout } from './format';
import { formatName, isQuantized, rowLayout } from './format';
import { GroupQuantizer } from './quantize';

/** Codes and scales as a quantised file gives them; `codes` count as `QuantizedFormat` says (q, before any packing). */
export interface ExactCodes {
  format: QuantizedFormat;
  rows: number;
  width: number;
  codes: ArrayLike<number>; // [rows][width]; int4: 0…15, int8: −128…127
  scales: ArrayLike<number>; // [rows][groupsPerRow]
  biases?: ArrayLike<number>; // [rows][groupsPerRow], for affine formats
}

/**
 * Packs `rows` rows of `width` weights. Quantised formats get the scales of least squared error; float formats are
 * rounded to nearest, ties to even.
 * @param weights f32 values // [rows][width]
 * @throws HearthError `bad-file` when a weight to quantise is NaN or infinite, `bad-request` when one exceeds f16.
 */
export function packRows(weights: Float32Array, rows: number, width: number, format: PackedFormat): PackedMatrix {
  invariant(weights.length === rows * width, `${weights.length} weights are ${rows} rows of ${width}`);
  const matrix = emptyMatrix(format, rows, width);
  if (isQuantized(format)) quantizeInto(matrix, format, weights);
  else copyInto(matrix, format, weights);
  return matrix;
}

/**
 * Packs codes and scales that are known already, without changing any of them.
 * @throws HearthError `bad-file` when a code is out of range or a scale does not fit the format's scale type exactly.
 */
export function packExact({ format, rows, width, codes, scales, biases }: ExactCodes): PackedMatrix {
  const layout = rowLayout(format, width);
  const groups = layout.groupsPerRow;
  invariant(codes.length === rows * width, `${codes.length} codes are ${rows} rows of ${width}`);
  invariant(scales.length === rows * groups, `${scales.length} scales are ${rows} rows of ${groups} groups`);
  invariant(biases?.length === (format.affine ? rows * groups : undefined), 'affine formats have a bias per group');

  const matrix = emptyMatrix(format, rows, width);
  const [lowest, highest] = format.kind === 'int4' ? [0, 15] : [-128, 127];
  const rowCodes = new Int8Array(layout.paddedWidth).fill(padCode(format));
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < width; column++) {
      const code = codes[row * width + column]!;
      if (!(code >= lowest && code <= highest)) {
        throw new HearthError(
          'bad-file',
          `Found code ${code} at row ${row}, column ${column}; ${format.kind} codes lie between ${lowest} and ${highest}.`,
        );
      }
      rowCodes[column] = code;
    }
    writeCodes(matrix, layout, row, rowCodes);
    for (let group = 0; group < groups; group++) {
      const at = row * groups + group;
      writeScale(matrix, layout, row, group, scales[at]!, biases?.[at] ?? 0);
    }
  }
  return matrix;
}

function emptyMatrix(format: PackedFormat, rows: number, width: number): PackedMatrix {
  const { codeWordsPerRow, scaleWordsPerRow } = rowLayout(format, width);
  return {
    format,
    rows,
    width,
    codes: new Uint32Array(rows * codeWordsPerRow),
    scales: new Uint32Array(rows * scaleWordsPerRow),
  };
}

/** The code that fills a row up to its padded width: it decodes to zero where the format can say zero. */
function padCode(format: QuantizedFormat): number {
  return format.kind === 'int4' && !format.affine ? 8 : 0;
}

function quantizeInto(matrix: PackedMatrix, format: QuantizedFormat, weights: Float32Array): void {
  const { rows, width } = matrix;
  const layout = rowLayout(format, width);
  const quantizer = new GroupQuantizer(format);
  const rowCodes = new Int8Array(layout.paddedWidth).fill(padCode(format));
  for (let row = 0; row < rows; row++) {
    const start = row * width;
    for (let column = 0; column < width; column += format.group) {
      quantizer.fit(weights, start + column, start + Math.min(column + format.group, width));
      quantizer.encode(rowCodes, column);
      writeScale(matrix, layout, row, column / format.group, quantizer.scale, quantizer.bias);
    }
    writeCodes(matrix, layout, row, rowCodes);
  }
}

function copyInto(matrix: PackedMatrix, format: FloatFormat, weights: Float32Array): void {
  const { rows, width, codes } = matrix;
  const { codeWordsPerRow } = rowLayout(format, width);
  if (format.kind === 'f32') {
    const values = new Float32Array(codes.buffer);
    for (let row = 0; row < rows; row++) {
      values.set(weights.subarray(row * width, (row + 1) * width), row * codeWordsPerRow);
    }
    return;
  }
  const toBits = format.kind === 'f16' ? toFloat16Bits : toBfloat16Bits;
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < width; column++) {
      const weight = weights[row * width + column]!;
      const bits = toBits(weight);
      if (format.kind === 'f16' && (bits & 0x7fff) === 0x7c00 && Number.isFinite(weight)) {
        throw new HearthError('bad-request', `Found weight ${weight}; f16 ends at 65504.`, {
          hint: 'Import this model as bf16 or int4 instead.',
        });
      }
      codes[row * codeWordsPerRow + (column >> 1)]! |= bits << (16 * (column & 1));
    }
  }
}

/** Lays one row of codes into words: eight int4 codes or four int8 codes each. */
function writeCodes(matrix: PackedMatrix, layout: RowLayout, row: number, codes: Int8Array): void {
  const words = matrix.codes;
  const first = row * layout.codeWordsPerRow;
  if (matrix.format.kind === 'int4') {
    for (let word = 0, c = 0; word < layout.codeWordsPerRow; word++, c += 8) {
      words[first + word] =
        codes[c]! |
        (codes[c + 4]! << 4) |
        (codes[c + 1]! << 8) |
        (codes[c + 5]! << 12) |
        (codes[c + 2]! << 16) |
        (codes[c + 6]! << 20) |
        (codes[c + 3]! << 24) |
        (codes[c + 7]! << 28);
    }
    return;
  }
  for (let word = 0, c = 0; word < layout.codeWordsPerRow; word++, c += 4) {
    words[first + word] =
      (codes[c]! & 255) | ((codes[c + 1]! & 255) << 8) | ((codes[c + 2]! & 255) << 16) | (codes[c + 3]! << 24);
  }
}

const floatScratch = new Float32Array(1);
const wordScratch = new Uint32Array(floatScratch.buffer);

/** Stores one group's scale, and its bias where the format has one. */
function writeScale(
  matrix: PackedMatrix,
  layout: RowLayout,
  row: number,
  group: number,
  scale: number,
  bias: number,
): void {
  const format = matrix.format as QuantizedFormat;
  const words = matrix.scales;
  const first = row * layout.scaleWordsPerRow;
  if (format.scale === 'f32') {
    const at = first + (format.affine ? 2 * group : group);
    words[at] = exactFloat32(scale, format);
    if (format.affine) words[at + 1] = exactFloat32(bias, format);
  } else if (format.affine) {
    words[first + group] = exactFloat16(scale, format) | (exactFloat16(bias, format) << 16);
  } else {
    words[first + (group >> 1)]! |= exactFloat16(scale, format) << (16 * (group & 1));
  }
}

function exactFloat16(value: number, format: QuantizedFormat): number {
  const bits = toFloat16Bits(value);
  if (fromFloat16Bits(bits) !== value) throw inexactScale(value, format);
  return bits;
}

function exactFloat32(value: number, format: QuantizedFormat): number {
  floatScratch[0] = value;
  if (floatScratch[0] !== value) throw inexactScale(value, format);
  return wordScratch[0]!;
}

function inexactScale(value: number, format: QuantizedFormat): HearthError {
  return new HearthError('bad-file', `Found scale or bias ${value}, which ${formatName(format)} cannot hold exactly.`);
}
