/**
 * Stored weights into device memory: shard by shard, each slab of rows to the part of its matrix that holds them. A matrix
 * is split by rows where it exceeds one binding, and where rows of another format begin.
 */
import type { Backend, DeviceBuffer } from '../gpu/backend';
import type { DeviceMatrix, MatrixPart } from '../kernels/product';
import { HearthError, throwIfAborted } from '../lib/errors';
import { invariant, present } from '../lib/invariant';
import type { ModelWeights } from '../models/page';
import { formatName, type PackedFormat, rowLayout } from '../quant/format';
import type { ShardRange, Slab, StoredTensor, StoredWeights } from '../weights/manifest';
import type { WeightSpec } from '../weights/spec';

export interface UploadedWeights extends ModelWeights {
  readonly bytes: number;
  destroy(): void;
}

export interface UploadOptions {
  onProgress?: (loadedBytes: number, totalBytes: number) => void;
  signal?: AbortSignal;
}

/** Bytes read and handed to the device at a time: a whole shard at once would stand in memory twice. */
const PIECE_BYTES = 8 * 2 ** 20;

/**
 * @param specs what the model's page asks for; every spec must be stored.
 * @throws HearthError `weights-corrupt`, `out-of-memory`, `aborted`.
 */
export async function uploadWeights(
  backend: Backend,
  stored: StoredWeights,
  specs: readonly WeightSpec[],
  options: UploadOptions = {},
): Promise<UploadedWeights> {
  const buffers: DeviceBuffer[] = [];
  const matrices = new Map<string, Matrix>();
  const vectors = new Map<string, DeviceBuffer>();
  const create = (label: string, bytes: number): DeviceBuffer => {
    const buffer = backend.createBuffer(label, bytes);
    buffers.push(buffer);
    return buffer;
  };
  const destroy = () => buffers.forEach((buffer) => buffer.destroy());

  const noScales = create('no scales', 16);
  const tensors = new Map(stored.manifest.tensors.map((tensor) => [tensor.name, tensor]));
  try {
    for (const spec of specs) {
      const tensor = tensors.get(spec.name);
      if (!tensor) throw new HearthError('weights-corrupt', `The stored model has no tensor ${spec.name}.`);
      if (spec.role === 'vector') {
        vectors.set(spec.name, create(spec.name, 4 * tensor.rows * rowLayout(tensor.format, tensor.width).paddedWidth));
      } else {
        matrices.set(spec.name, createMatrix(backend, tensor, spec.gated ? 2 : 1, create, noScales));
      }
    }

    await backend.settle();
    const totalBytes = stored.manifest.shards.reduce((sum, shard) => sum + shard.bytes, 0);
    let loadedBytes = 0;
    for (let shard = 0; shard < stored.manifest.shards.length; shard++) {
      throwIfAborted(options.signal);
      const blob = await stored.readShard(shard);
      for (const spec of specs) {
        const tensor = present(tensors.get(spec.name), spec.name);
        for (const slab of piecesOf(tensor, shard)) {
          const codes = await read(blob, slab.codes);
          const scales = slab.scales ? await read(blob, slab.scales) : null;
          if (spec.role === 'vector') {
            const offsetBytes = slab.firstRow * (codes.byteLength / slab.rows);
            backend.write(present(vectors.get(spec.name), spec.name), offsetBytes, codes);
          } else present(matrices.get(spec.name), spec.name).write(backend, slab, codes, scales);
        }
      }
      loadedBytes += blob.size;
      options.onProgress?.(loadedBytes, totalBytes);
    }
    await backend.settle();
  } catch (error) {
    destroy();
    throw error;
  }

  return {
    bytes: buffers.reduce((sum, buffer) => sum + buffer.bytes, 0),
    matrix: (name) => present(matrices.get(name), `matrix ${name}`),
    vector: (name) => present(vectors.get(name), `vector ${name}`),
    destroy,
  };
}

/** A matrix whose rows arrive slab by slab. `segments` is 2 for gates and ups kept together. */
interface Matrix extends DeviceMatrix {
  write(backend: Backend, slab: Slab, codes: Uint8Array<ArrayBuffer>, scales: Uint8Array<ArrayBuffer> | null): void;
}

function createMatrix(
  backend: Backend,
  tensor: StoredTensor,
  segments: 1 | 2,
  create: (label: string, bytes: number) => DeviceBuffer,
  noScales: DeviceBuffer,
): Matrix {
  const { name, rows, width } = tensor;
  const runs = runsOfOneFormat(tensor);
  invariant(segments === 1 || runs.length === 1, `gates and ups of ${name} have one format`);
  const outputs = rows / segments;
  const parts: MatrixPart[] = [];
  for (const { format, firstRow, rows: runRows } of runs) {
    const { codeBytes, scaleBytes } = rowBytesOf(format, width);
    const outputsPerPart = Math.floor(backend.limits.maxBindingBytes / (Math.max(codeBytes, scaleBytes) * segments));
    if (outputsPerPart < 1) {
      throw new HearthError(
        'adapter-too-small',
        `One row of ${name} takes ${codeBytes} bytes; this adapter binds at most ${backend.limits.maxBindingBytes}.`,
      );
    }
    const endOutput = firstRow + runRows / segments; // a gated matrix is one run, from row 0 on
    for (let firstOutput = firstRow; firstOutput < endOutput; firstOutput += outputsPerPart) {
      const count = Math.min(outputsPerPart, endOutput - firstOutput);
      const codes = create(`${name}.codes`, count * segments * codeBytes);
      const scales = scaleBytes > 0 ? create(`${name}.scales`, count * segments * scaleBytes) : noScales;
      parts.push({ firstOutput, outputs: count, format, codes, scales });
    }
  }

  return {
    outputs,
    width,
    parts,
    write(target, slab, codes, scales) {
      for (const part of parts) {
        const { codeBytes, scaleBytes } = rowBytesOf(part.format, width);
        for (let segment = 0; segment < segments; segment++) {
          const partFirst = segment * outputs + part.firstOutput; // in rows of the stored tensor
          const from = Math.max(partFirst, slab.firstRow);
          const to = Math.min(partFirst + part.outputs, slab.firstRow + slab.rows);
          if (from >= to) continue;
          invariant(codes.byteLength === slab.rows * codeBytes, `slab of ${name} holds whole rows`);
          const row = segment * part.outputs + from - partFirst; // in rows of the part
          const rowsOf = (bytes: Uint8Array<ArrayBuffer>, rowBytes: number) =>
            bytes.subarray((from - slab.firstRow) * rowBytes, (to - slab.firstRow) * rowBytes);
          target.write(part.codes, row * codeBytes, rowsOf(codes, codeBytes));
          if (scales) target.write(part.scales, row * scaleBytes, rowsOf(scales, scaleBytes));
        }
      }
    },
  };
}

/** Neighbouring rows of one format, in order. */
function runsOfOneFormat({
  format: usual,
  slabs,
}: StoredTensor): { format: PackedFormat; firstRow: number; rows: number }[] {
  const runs: { format: PackedFormat; firstRow: number; rows: number }[] = [];
  for (const { format = usual, firstRow, rows } of slabs) {
    const last = runs.at(-1);
    if (last && formatName(last.format) === formatName(format)) last.rows += rows;
    else runs.push({ format, firstRow, rows });
  }
  return runs;
}

function rowBytesOf(format: PackedFormat, width: number): { codeBytes: number; scaleBytes: number } {
  const { codeWordsPerRow, scaleWordsPerRow } = rowLayout(format, width);
  return { codeBytes: 4 * codeWordsPerRow, scaleBytes: 4 * scaleWordsPerRow };
}

/** The rows of a tensor that lie in one shard, in runs of at most PIECE_BYTES. */
function* piecesOf({ format: usual, width, slabs }: StoredTensor, shard: number): Generator<Slab> {
  for (const slab of slabs) {
    if (slab.codes.shard !== shard) continue;
    const { codeBytes, scaleBytes } = rowBytesOf(slab.format ?? usual, width);
    const rowsPerPiece = Math.max(1, Math.floor(PIECE_BYTES / codeBytes));
    for (let row = 0; row < slab.rows; row += rowsPerPiece) {
      const rows = Math.min(rowsPerPiece, slab.rows - row);
      const within = (range: ShardRange, rowBytes: number): ShardRange => {
        return { ...range, offsetBytes: range.offsetBytes + row * rowBytes, bytes: rows * rowBytes };
      };
      yield {
        firstRow: slab.firstRow + row,
        rows,
        codes: within(slab.codes, codeBytes),
        scales: slab.scales && within(slab.scales, scaleBytes),
      };
    }
  }
}

async function read(blob: Blob, range: { offsetBytes: number; bytes: number }): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await blob.slice(range.offsetBytes, range.offsetBytes + range.bytes).arrayBuffer());
}
