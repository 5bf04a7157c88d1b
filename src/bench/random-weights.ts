/**
 * A model of some shape with random weights, as if it had been stored: made on the spot, so that speed can be measured
 * without a download. Bytes are random, scales are one small number, so every product stays finite.
 */
import { modelLayout } from '../models/layouts';
import { isQuantized, type PackedFormat, PACKED_FORMAT_VERSION, rowLayout } from '../quant/format';
import type { StoredTensor, StoredWeights } from '../weights/manifest';
import type { WeightSpec } from '../weights/spec';

/** 2^-8 as f16, twice in a word, and as f32: int4 codes then have a spread of 0.018. */
const SMALL_F16 = 0x1c001c00;
const SMALL_F32 = 0x3b800000;
const ONE_F32 = 0x3f800000;

/** Random bytes that are made once and repeated: a device does not know that it has seen them. */
const NOISE_BYTES = 1 << 20;

/**
 * @param config config.json of the shape
 * @param format of every matrix; vectors are ones, in f32
 */
export function randomWeights(modelId: string, config: unknown, format: PackedFormat): StoredWeights {
  const layout = modelLayout(config);
  const specs = layout.weights(layout.readConfig(config));
  const noise = noiseWords();
  const tensors = specs.map((spec, shard) => tensorOf(spec, shard, format));
  const shards = tensors.map(({ slabs }) => ({ bytes: lengthOf(slabs), checksum: '' }));
  return {
    manifest: {
      formatVersion: PACKED_FORMAT_VERSION,
      modelId,
      importId: 'random',
      source: { url: 'random:', files: [] },
      texts: { 'config.json': JSON.stringify(config), 'tokenizer.json': '{}' },
      tensors,
      shards,
      createdAt: new Date(0).toISOString(),
    },
    readShard: (index) => Promise.resolve(shardOf(tensors[index]!, noise)),
  };
}

function tensorOf({ name, parts, width, role }: WeightSpec, shard: number, format: PackedFormat): StoredTensor {
  const rows = parts.reduce((sum, part) => sum + part.rows, 0);
  const own: PackedFormat = role === 'vector' ? { kind: 'f32' } : format;
  const { codeWordsPerRow, scaleWordsPerRow } = rowLayout(own, width);
  const codes = { shard, offsetBytes: 0, bytes: 4 * rows * codeWordsPerRow };
  const scales = { shard, offsetBytes: codes.bytes, bytes: 4 * rows * scaleWordsPerRow };
  return {
    name,
    format: own,
    rows,
    width,
    slabs: [{ firstRow: 0, rows, codes, scales: scales.bytes > 0 ? scales : null }],
  };
}

function lengthOf(slabs: StoredTensor['slabs']): number {
  return slabs.reduce((sum, { codes, scales }) => sum + codes.bytes + (scales?.bytes ?? 0), 0);
}

function shardOf({ format, slabs }: StoredTensor, noise: Uint32Array<ArrayBuffer>): Blob {
  const words = new Map<number, Uint32Array<ArrayBuffer>>();
  const filled = (word: number) => {
    const known = words.get(word) ?? new Uint32Array(noise.length).fill(word);
    words.set(word, known);
    return known;
  };
  const repeated = (piece: Uint32Array<ArrayBuffer>, bytes: number): BlobPart[] => {
    const whole = Array.from({ length: Math.floor(bytes / NOISE_BYTES) }, () => piece);
    const rest = bytes % NOISE_BYTES;
    return rest > 0 ? [...whole, piece.subarray(0, rest / 4)] : whole;
  };
  return new Blob(
    slabs.flatMap(({ codes, scales }) => [
      ...repeated(isQuantized(format) ? noise : filled(ONE_F32), codes.bytes),
      ...repeated(filled(isQuantized(format) && format.scale === 'f32' ? SMALL_F32 : SMALL_F16), scales?.bytes ?? 0),
    ]),
  );
}

/** The same in every run (xorshift32). */
export function noiseWords(): Uint32Array<ArrayBuffer> {
  const words = new Uint32Array(NOISE_BYTES / 4);
  let state = 2463534242;
  for (let i = 0; i < words.length; i++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    words[i] = state;
  }
  return words;
}
