/**
 * Checkpoints as StoredWeights in memory, packed however a test wants: the importer's job without its network, plan and
 * store. `readCheckpoint` brings a Hugging Face folder into memory, `packCheckpoint` turns it into stored weights.
 */
import { present } from '../../lib/invariant';
import { roundUp } from '../../lib/shapes';
import { modelPage } from '../../models/index';
import { PACKED_FORMAT_VERSION } from '../../quant/format';
import type { PackedMatrix } from '../../quant/format';
import { packRows } from '../../quant/pack';
import type { Manifest, ShardRange, StoredTensor, StoredWeights } from '../../weights/manifest';
import type { WeightSpec } from '../../weights/spec';
import { readFileBytes, readFileText } from './files';
import type { Packing, SourceMatrix } from './packings';

export interface Checkpoint {
  modelId: string;
  texts: Manifest['texts'];
  /** By the names in the file. */
  tensors: ReadonlyMap<string, Float32Array<ArrayBuffer>>;
}

/** Where ranges of a shard may begin (see ShardRange). */
const ALIGNMENT_BYTES = 256;

/** @param folder from the root of the repository, e.g. `public/models/tales`. */
export async function readCheckpoint(folder: string): Promise<Checkpoint> {
  return {
    modelId: folder.split('/').at(-1) ?? folder,
    texts: {
      'config.json': await readFileText(`${folder}/config.json`),
      'tokenizer.json': await readFileText(`${folder}/tokenizer.json`),
      'tokenizer_config.json': await readFileText(`${folder}/tokenizer_config.json`),
      'generation_config.json': await readFileText(`${folder}/generation_config.json`),
    },
    tensors: await readTensors(`${folder}/model.safetensors`),
  };
}

/** The same checkpoint with another config.json, to see whether a test notices. */
export function withConfig(checkpoint: Checkpoint, fields: Record<string, unknown>): Checkpoint {
  const config = { ...(JSON.parse(checkpoint.texts['config.json']) as object), ...fields };
  return { ...checkpoint, texts: { ...checkpoint.texts, 'config.json': JSON.stringify(config) } };
}

/** Every tensor the model's page asks for, matrices as `packing` says and vectors as f32, in one shard. */
export function packCheckpoint({ modelId, texts, tensors }: Checkpoint, packing: Packing): StoredWeights {
  const configJson: unknown = JSON.parse(texts['config.json']);
  const page = modelPage(configJson);
  const specs = page.weights(page.readConfig(configJson));
  const sources = specs.map((spec) => joinParts(spec, tensors));
  const packed = packing(sources.filter(({ role }) => role !== 'vector'));

  const pieces: Uint8Array<ArrayBuffer>[] = [];
  let offsetBytes = 0;
  const store = (words: Uint32Array<ArrayBuffer>): ShardRange => {
    const range = { shard: 0, offsetBytes, bytes: words.byteLength };
    const piece = new Uint8Array(roundUp(words.byteLength, ALIGNMENT_BYTES));
    piece.set(new Uint8Array(words.buffer, words.byteOffset, words.byteLength));
    pieces.push(piece);
    offsetBytes += piece.length;
    return range;
  };
  const stored = sources.map(({ name, role, values, rows, width }): StoredTensor => {
    const matrix: PackedMatrix =
      role === 'vector' ? packRows(values, rows, width, { kind: 'f32' }) : present(packed.get(name), name);
    const codes = store(matrix.codes);
    const scales = matrix.scales.length > 0 ? store(matrix.scales) : null;
    return { name, format: matrix.format, rows, width, slabs: [{ firstRow: 0, rows, codes, scales }] };
  });

  const shard = new Blob(pieces);
  return {
    manifest: {
      formatVersion: PACKED_FORMAT_VERSION,
      modelId,
      importId: 'test',
      source: { url: modelId, files: [] },
      texts,
      tensors: stored,
      shards: [{ bytes: shard.size, checksum: '' }],
      createdAt: new Date(0).toISOString(),
    },
    readShard: () => Promise.resolve(shard),
  };
}

/** One packed tensor's rows: its parts one after another. */
function joinParts({ name, role, parts, width }: WeightSpec, tensors: Checkpoint['tensors']): SourceMatrix {
  const rows = parts.reduce((sum, part) => sum + part.rows, 0);
  const values = new Float32Array(rows * width);
  let at = 0;
  for (const part of parts) {
    const source = present(tensors.get(part.source), part.source);
    values.set(
      source.map((value) => value + (part.plus ?? 0)),
      at,
    );
    at += part.rows * width;
  }
  return { name, role, values, rows, width };
}

/** Tensors of a small, well-formed safetensors file as f32. */
export async function readTensors(path: string): Promise<Checkpoint['tensors']> {
  const bytes = await readFileBytes(path);
  const headerBytes = Number(new DataView(bytes.buffer).getBigUint64(0, true));
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + headerBytes))) as Record<
    string,
    { dtype: string; data_offsets: [number, number] }
  >;
  const tensors = new Map<string, Float32Array<ArrayBuffer>>();
  for (const [name, { dtype, data_offsets: offsets }] of Object.entries(header)) {
    if (name === '__metadata__') continue;
    const { buffer } = bytes.slice(8 + headerBytes + offsets[0], 8 + headerBytes + offsets[1]);
    if (dtype === 'F32') tensors.set(name, new Float32Array(buffer));
    else if (dtype === 'BF16') tensors.set(name, fromBfloat16(new Uint16Array(buffer)));
    else throw new Error(`${path} holds ${dtype}; these tests read F32 and BF16`);
  }
  return tensors;
}

function fromBfloat16(bits: Uint16Array): Float32Array<ArrayBuffer> {
  return new Float32Array(Uint32Array.from(bits, (half) => half << 16).buffer);
}
