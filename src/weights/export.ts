/**
 * A stored model as one file, which this or another browser opens again (formats/exported.ts): the packed rows as they are, so
 * nothing is lost and the file is as large as what is stored. It is made piece by piece, and no more than a piece is in memory.
 */
import { throwIfAborted } from '../lib/errors';
import { present } from '../lib/invariant';
import { formatName, isQuantized, PACKED_FORMAT_VERSION, type PackedFormat, rowLayout } from '../quant/format';
import { EXPORT_FORMAT, type ExportedType, type ExportMetadata } from './formats/exported';
import { isPackedType, packedRowBytes, writePackedRows } from './formats/packed-types';
import type { ShardRange, Slab, StoredTensor, StoredWeights } from './manifest';
import { formatsOfPlan } from './plan';
import type { WeightSpec } from './spec';

/** Bytes of a piece, where a row is not larger. */
const PIECE_BYTES = 4 * 2 ** 20;

/** Takes the next piece of the file; the one after it waits for the promise. */
export type WritePiece = (bytes: Uint8Array<ArrayBuffer>) => Promise<void>;

export interface ExportOptions {
  signal?: AbortSignal;
  onProgress?: (loadedBytes: number, totalBytes: number) => void;
  /** For tests. */
  pieceBytes?: number;
}

/**
 * @param specs that the model's config asks for
 * @throws HearthError `weights-corrupt` when a shard is missing or fails its checksum, `aborted`; and what `write` throws.
 */
export async function exportModel(
  { manifest, readShard }: StoredWeights,
  specs: readonly WeightSpec[],
  write: WritePiece,
  { signal, onProgress, pieceBytes = PIECE_BYTES }: ExportOptions = {},
): Promise<void> {
  const parts = partsOf(specs, manifest.tensors);
  const texts = Object.entries(manifest.texts).map(([name, text]) => ({ name, bytes: new TextEncoder().encode(text) }));
  const header = headerOf(parts, texts);
  const totalBytes = [...parts, ...texts.map(({ bytes: { length } }) => ({ bytes: length }))].reduce(
    (sum, { bytes }) => sum + bytes,
    header.length,
  );
  let writtenBytes = 0;
  const give = async (bytes: Uint8Array<ArrayBuffer>) => {
    throwIfAborted(signal);
    const { length } = bytes; // what is written may be handed to another thread
    await write(bytes);
    onProgress?.((writtenBytes += length), totalBytes);
  };

  /** Each checked against its checksum once. */
  const shards = new Map<number, Promise<Blob>>();
  const readWords = async ({ shard, offsetBytes }: ShardRange, startBytes: number, bytes: number) => {
    const blob = shards.get(shard) ?? readShard(shard);
    shards.set(shard, blob);
    const start = offsetBytes + startBytes;
    return new Uint32Array(await (await blob).slice(start, start + bytes).arrayBuffer());
  };

  await give(header);
  for (const { format, width, rows, firstRow, slabs } of parts) {
    const { codeWordsPerRow, scaleWordsPerRow } = rowLayout(format, width);
    const [codeBytes, scaleBytes] = [4 * codeWordsPerRow, 4 * scaleWordsPerRow];
    const pieceRows = Math.max(1, Math.floor(pieceBytes / (codeBytes + scaleBytes)));
    for (const slab of slabs) {
      const first = Math.max(firstRow, slab.firstRow);
      const end = Math.min(firstRow + rows, slab.firstRow + slab.rows);
      for (let row = first; row < end; row += pieceRows) {
        const count = Math.min(pieceRows, end - row);
        const inSlab = row - slab.firstRow;
        const codes = await readWords(slab.codes, inSlab * codeBytes, count * codeBytes);
        const scales = slab.scales
          ? await readWords(slab.scales, inSlab * scaleBytes, count * scaleBytes)
          : new Uint32Array();
        await give(fileRows({ format, rows: count, width, codes, scales }));
      }
    }
  }
  for (const { bytes } of texts) await give(bytes);
}

/** A tensor of the file: the rows that a tensor of the checkpoint has become. */
interface ExportedPart {
  name: string;
  format: PackedFormat;
  isVector: boolean;
  rows: number;
  width: number;
  /** Of the stored tensor, whose slabs, in the order of rows, these are. */
  firstRow: number;
  slabs: readonly Slab[];
  bytes: number;
}

function partsOf(specs: readonly WeightSpec[], tensors: readonly StoredTensor[]): ExportedPart[] {
  const formats = formatsOfPlan(specs, tensors);
  const byName = new Map(tensors.map((tensor) => [tensor.name, tensor]));
  return specs.flatMap(({ name, parts, width, role }) => {
    const { slabs } = present(byName.get(name), `tensor ${name}`);
    let end = 0;
    return parts.map(({ source, rows }): ExportedPart => {
      const firstRow = end;
      end += rows;
      const format = present(formats.get(source), `format of ${source}`);
      const bytes = rows * fileRowBytes(format, width);
      const own = slabs.filter((slab) => slab.firstRow < end && slab.firstRow + slab.rows > firstRow);
      return { name: source, format, isVector: role === 'vector', rows, width, firstRow, slabs: own, bytes };
    });
  });
}

/** The length, and the JSON filled up with spaces to whole 8 bytes, as the reference implementation does. */
function headerOf(
  parts: readonly ExportedPart[],
  texts: readonly { name: string; bytes: Uint8Array }[],
): Uint8Array<ArrayBuffer> {
  const types: Record<string, ExportedType> = {};
  const tensors: Record<string, { dtype: string; shape: number[]; data_offsets: [number, number] }> = {};
  let end = 0;
  const place = (bytes: number): [number, number] => [end, (end += bytes)];
  for (const { name, format, isVector, rows, width, bytes } of parts) {
    const type = formatName(format);
    const isPacked = isPackedType(type);
    if (isPacked) types[name] = { type, width };
    const shape = isVector ? [rows * width] : [rows, isPacked ? packedRowBytes(type, width) : width];
    tensors[name] = { dtype: isPacked ? 'U8' : type.toUpperCase(), shape, data_offsets: place(bytes) };
  }
  for (const { name, bytes } of texts) {
    tensors[name] = { dtype: 'U8', shape: [bytes.length], data_offsets: place(bytes.length) };
  }
  const metadata: ExportMetadata = {
    format: EXPORT_FORMAT,
    version: `${PACKED_FORMAT_VERSION}`,
    types: JSON.stringify(types),
  };
  const json = new TextEncoder().encode(JSON.stringify({ __metadata__: metadata, ...tensors }));
  const header = new Uint8Array(8 + Math.ceil(json.length / 8) * 8).fill(0x20);
  new DataView(header.buffer).setBigUint64(0, BigInt(header.length - 8), true);
  header.set(json, 8);
  return header;
}

function fileRowBytes(format: PackedFormat, width: number): number {
  const type = formatName(format);
  if (isPackedType(type)) return packedRowBytes(type, width);
  return width * (format.kind === 'f32' ? 4 : 2);
}

/** Quantised rows as they are packed; of others the numbers, without the padding // [rows][fileRowBytes] */
function fileRows(matrix: Parameters<typeof writePackedRows>[0]): Uint8Array<ArrayBuffer> {
  const { format, rows, width, codes } = matrix;
  if (isQuantized(format)) return writePackedRows(matrix);
  const stride = 4 * rowLayout(format, width).codeWordsPerRow;
  const rowBytes = fileRowBytes(format, width);
  const padded = new Uint8Array(codes.buffer);
  const bytes = new Uint8Array(rows * rowBytes);
  for (let row = 0; row < rows; row++) {
    bytes.set(padded.subarray(row * stride, row * stride + rowBytes), row * rowBytes);
  }
  return bytes;
}
