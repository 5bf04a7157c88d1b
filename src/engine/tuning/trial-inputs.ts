/** What the dispatches of a point compute with while its variants are held against each other and timed. */
import type { Backend, DeviceBuffer } from '../../gpu/backend';
import type { Call } from '../../gpu/recorder';
import type { AttentionKey } from '../../kernels/attention/attention-variants';
import { LONG_CONTEXT } from '../../kernels/attention/splits';
import type { ProductKey } from '../../kernels/product-variants';
import { codesOf } from '../../kernels/quantize-rows/quantize-rows.cpu';
import { BLOCK, kvBlockBytes } from '../../kernels/shared/kv-pool';
import { QUANTIZED_WORDS } from '../../kernels/shared/quantized';
import { present } from '../../lib/invariant';
import { divideUp } from '../../lib/shapes';
import { CHUNK } from '../../quant/format';
import { outputOf } from './compare-variants';
import type { Key } from './tuning-table';

export interface TrialInputs {
  /** The dispatch as it is timed: over the model's own weights, or keys and values, wherever in the model it stands. */
  timed(place: Call): Call;
  /** The dispatch as what it writes is compared. */
  compared(place: Call): Call;
  /** Writes what both read, and clears what they write. */
  fill(): void;
  destroy(): void;
}

/** Positions that attention is timed behind where its splits have workgroups of their own, at most. */
const LONG_POSITIONS = 4096;

/**
 * @param place any of the point's dispatches
 * @param limits the most rows that a dispatch will have, and positions of a sequence
 */
export function trialInputs(
  backend: Backend,
  key: Key,
  place: Call,
  limits: { readonly rows: number; readonly contextLength: number },
): TrialInputs {
  return 'width' in key ? productInputs(backend, key, place) : attentionInputs(backend, key, place, limits);
}

/** Activations between −1 and 1, or their codes, zero beyond the width as everywhere. */
function productInputs(backend: Backend, { width, activations }: ProductKey, place: Call): TrialInputs {
  const stride = CHUNK * Math.ceil(width / CHUNK);
  const x = bufferOf(place, 'x');
  const chunks = Math.floor(x.bytes / (4 * (activations === 'int8' ? QUANTIZED_WORDS : CHUNK)));
  const numbers = smallNumbers(CHUNK * chunks).map((value, i) => (i % stride < width ? value : 0));
  const values = activations === 'int8' ? codesOf(numbers) : numbers;
  return {
    timed: (call) => call,
    compared: (call) => call,
    fill: fillerOf(backend, x, values, outputOf(place)),
    destroy: () => {},
  };
}

/**
 * Rows at the end of a sequence of their own, whose blocks are the first of a pool. Timing only reads the pools of all layers,
 * which hold what has been computed for others; comparing takes a pool of noise, for theirs may be empty.
 */
function attentionInputs(
  backend: Backend,
  { split, kvFormat, kvHeads, headDim }: AttentionKey,
  place: Call,
  limits: { readonly rows: number; readonly contextLength: number },
): TrialInputs {
  const positions = Math.min(limits.contextLength, split ? LONG_POSITIONS : LONG_CONTEXT);
  const blocks = divideUp(positions, BLOCK);
  const made: DeviceBuffer[] = [];
  const bufferWith = (label: string, words: Uint32Array<ArrayBuffer>): DeviceBuffer => {
    const buffer = backend.createBuffer(`trial ${label}`, words.byteLength);
    backend.write(buffer, 0, words);
    made.push(buffer);
    return buffer;
  };
  const before = Math.max(0, positions - limits.rows);
  const rows = bufferWith(
    'rows',
    Uint32Array.from({ length: 4 * limits.rows }, (_, i) => [0, before + (i >> 2), 0, i >> 2][i % 4]!),
  );
  const tables = bufferWith(
    'tables',
    Uint32Array.from({ length: present(place.constants['TABLE_STRIDE'], 'a stride of tables') }, (_, i) =>
      Math.max(0, blocks - 1 - i),
    ),
  );
  const poolWords = (blocks * kvBlockBytes(kvFormat, kvHeads, headDim)) / 4;
  const keys = bufferWith('keys', noise(1, poolWords));
  const values = bufferWith('values', noise(2, poolWords));
  const queries = smallNumbers(limits.rows * present(place.constants['QKV_STRIDE'], 'a stride of queries'));
  return {
    timed: (call) => withBuffers(call, { rows, tables }),
    compared: (call) => withBuffers(call, { rows, tables, keys, values }),
    fill: fillerOf(backend, bufferOf(place, 'qkv'), queries, outputOf(place)),
    destroy: () => {
      for (const buffer of made) buffer.destroy();
    },
  };
}

/** The contents are made once: there are so many that whoever asks for something would notice. */
function fillerOf(
  backend: Backend,
  read: DeviceBuffer,
  contents: Float32Array<ArrayBuffer> | Uint32Array<ArrayBuffer>,
  written: DeviceBuffer,
): () => void {
  const zeros = new Uint8Array(written.bytes);
  return () => {
    backend.write(read, 0, contents);
    backend.write(written, 0, zeros);
  };
}

function smallNumbers(length: number): Float32Array<ArrayBuffer> {
  return Float32Array.from({ length }, (_, i) => (((i % 2039) * 7919) % 2039) / 1019.5 - 1);
}

/** Numbers below two in every KV format, scales too. */
function noise(seed: number, length: number): Uint32Array<ArrayBuffer> {
  const words = new Uint32Array(length);
  let word = seed;
  for (let i = 0; i < length; i++) {
    word = Math.imul(word, 1664525) + 1013904223;
    words[i] = (word ^ (word >>> 15)) & 0xbfffbfff;
  }
  return words;
}

function bufferOf({ kernel, buffers }: Call, binding: string): DeviceBuffer {
  return present(buffers[kernel.bindings.findIndex(({ name }) => name === binding)], `${binding} of ${kernel.name}`);
}

function withBuffers(call: Call, others: Readonly<Record<string, DeviceBuffer>>): Call {
  return { ...call, buffers: call.buffers.map((buffer, i) => others[call.kernel.bindings[i]!.name] ?? buffer) };
}
