/**
 * Rows of our own packed formats (src/quant/FORMAT.md) as a file holds them: of each row the words of its codes, then those of its
 * scales, so that rows can be read in one stream. A type is called by the name of its format.
 */
import { HearthError } from '../../lib/errors';
import { invariant } from '../../lib/invariant';
import { formatName, type GroupSize, type PackedMatrix, type QuantizedFormat, rowLayout } from '../../quant/format';
import { readScales, unpackRow } from '../../quant/unpack';

export type PackedType =
  `${QuantizedFormat['kind']} g${GroupSize} ${'affine' | 'symmetric'} ${QuantizedFormat['scale']}`;

/** Every format there is, by its name. */
const FORMATS: ReadonlyMap<string, QuantizedFormat> = new Map(
  (['int4', 'int8'] as const)
    .flatMap((kind) => ([16, 32, 64, 128] as const).map((group) => ({ kind, group })))
    .filter(({ kind, group }) => kind === 'int8' || group !== 16)
    .flatMap((format) => [true, false].map((affine) => ({ ...format, affine })))
    .flatMap((format) => (['f16', 'f32'] as const).map((scale): QuantizedFormat => ({ ...format, scale })))
    .map((format) => [formatName(format), format]),
);

export function isPackedType(type: string): type is PackedType {
  return FORMATS.has(type);
}

export function formatOfPackedType(type: PackedType): QuantizedFormat {
  return FORMATS.get(type)!;
}

/** Bytes of a row; a multiple of 4. */
export function packedRowBytes(type: PackedType, width: number): number {
  const { codeWordsPerRow, scaleWordsPerRow } = rowLayout(formatOfPackedType(type), width);
  return 4 * (codeWordsPerRow + scaleWordsPerRow);
}

/** @returns the rows as a file holds them // [rows][packedRowBytes] */
export function writePackedRows({ format, rows, width, codes, scales }: PackedMatrix): Uint8Array<ArrayBuffer> {
  const { codeWordsPerRow, scaleWordsPerRow } = rowLayout(format, width);
  const rowWords = codeWordsPerRow + scaleWordsPerRow;
  const words = new Uint32Array(rows * rowWords);
  for (let row = 0; row < rows; row++) {
    words.set(codes.subarray(row * codeWordsPerRow, (row + 1) * codeWordsPerRow), row * rowWords);
    words.set(scales.subarray(row * scaleWordsPerRow, (row + 1) * scaleWordsPerRow), row * rowWords + codeWordsPerRow);
  }
  return new Uint8Array(words.buffer);
}

/**
 * @param bytes must begin at a multiple of 4 in their buffer // [rows][packedRowBytes]
 * @throws HearthError `bad-file` when a scale or a bias is NaN or infinite.
 */
export function readPackedRows(type: PackedType, bytes: Uint8Array, rows: number, width: number): PackedMatrix {
  invariant(bytes.length === rows * packedRowBytes(type, width), `${bytes.length} bytes are ${rows} rows of ${type}`);
  const format = formatOfPackedType(type);
  const { codeWordsPerRow, scaleWordsPerRow } = rowLayout(format, width);
  const words = new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
  const codes = new Uint32Array(rows * codeWordsPerRow);
  const scales = new Uint32Array(rows * scaleWordsPerRow);
  for (let row = 0, at = 0; row < rows; row++) {
    codes.set(words.subarray(at, (at += codeWordsPerRow)), row * codeWordsPerRow);
    scales.set(words.subarray(at, (at += scaleWordsPerRow)), row * scaleWordsPerRow);
  }
  const matrix = { format, rows, width, codes, scales };
  refuseUnlessFinite(matrix);
  return matrix;
}

/**
 * The weights themselves, as `unpack`.
 * @param target takes them // [rows][width]
 * @throws as `readPackedRows`.
 */
export function decodePackedRows(
  type: PackedType,
  bytes: Uint8Array,
  rows: number,
  width: number,
  target: Float32Array,
): void {
  const matrix = readPackedRows(type, bytes, rows, width);
  for (let row = 0; row < rows; row++) unpackRow(matrix, row, target.subarray(row * width, (row + 1) * width));
}

function refuseUnlessFinite(matrix: PackedMatrix): void {
  const { groupsPerRow } = rowLayout(matrix.format, matrix.width);
  const scales = new Float32Array(groupsPerRow);
  const biases = new Float32Array(groupsPerRow);
  for (let row = 0; row < matrix.rows; row++) {
    readScales(matrix, row, scales, biases);
    const number = scales.find(isNotFinite) ?? biases.find(isNotFinite);
    if (number === undefined) continue;
    throw new HearthError(
      'bad-file',
      `Found the scale ${number} in row ${row} of those read; expected finite numbers.`,
      {
        hint: 'The file is damaged: export the model again where it is whole.',
      },
    );
  }
}

function isNotFinite(number: number): boolean {
  return !Number.isFinite(number);
}
