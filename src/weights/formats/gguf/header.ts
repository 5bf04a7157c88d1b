/**
 * The header of a GGUF file: magic, version, counts, metadata (key, type, value), then of every tensor its name, sizes, type
 * and offset, then padding up to the data. All numbers are little-endian. As with safetensors a header is a claim by a stranger:
 * a length is held against the file's size before anything is made of it, so memory stays in proportion to the bytes read.
 * Format: github.com/ggml-org/ggml, docs/gguf.md; checked as strictly as ggml's own gguf.cpp.
 */
import { HearthError } from '../../../lib/errors';
import { roundUp } from '../../../lib/shapes';
import { TENSOR_TYPES, type TensorType } from './tensor-types';

/** Whole numbers are exact; lists of numbers come as typed arrays, 64-bit ones as Float64Array. */
export type GgufValue = number | boolean | string | GgufList;
export type GgufList = readonly string[] | readonly boolean[] | GgufNumbers;
export type GgufNumbers =
  Uint8Array | Int8Array | Uint16Array | Int16Array | Uint32Array | Int32Array | Float32Array | Float64Array;

export type GgufMetadata = ReadonlyMap<string, GgufValue>;

export interface GgufTensor {
  name: string;
  type: TensorType;
  /** Row-major, the row's width last: the reverse of the order in the file. */
  shape: number[];
  /** Offsets in the file. */
  startBytes: number;
  endBytes: number;
}

export interface GgufHeader {
  version: number;
  metadata: GgufMetadata;
  /** In the order of their bytes. */
  tensors: GgufTensor[];
  /** Every tensor begins at a multiple of it, counted from `dataStartBytes`. */
  alignment: number;
  dataStartBytes: number;
}

/** The prefix is too short: at least this much of the file is needed. Twice the prefix is a good guess. */
export interface MoreNeeded {
  neededBytes: number;
}

/** Bytes that tell a GGUF file from others. */
export const MAGIC = 'GGUF';

/** The largest vocabularies take about 30 MB. */
export const MAX_HEADER_BYTES = 100_000_000;

/** Far above any model; below, they bound what a header of MAX_HEADER_BYTES can become in memory. */
const MAX_KEYS = 65_536;
const MAX_TENSORS = 262_144;
const MAX_KEY_BYTES = 65_535;
const MAX_TENSOR_NAME_BYTES = 1024;

const VERSIONS = [2, 3];
const DEFAULT_ALIGNMENT = 32;
const MAX_ALIGNMENT = 65_536;
const MAX_DIMENSIONS = 4;

/**
 * The header, or how much of the file it takes to go on.
 * @param prefix the file from its first byte on, as far as it has been read
 * @param fileBytes null when unknown
 * @param file what to call it in a complaint
 * @throws HearthError `bad-file`; `unsupported-model` for versions, byte orders and tensor types that are not known.
 */
export function parseGgufHeader(
  prefix: Uint8Array<ArrayBuffer>,
  fileBytes: number | null,
  file: string,
): GgufHeader | MoreNeeded {
  const reader = new HeaderReader(prefix, fileBytes, file);
  try {
    return readHeader(reader, fileBytes);
  } catch (error) {
    if (error instanceof PrefixEnds) return { neededBytes: error.neededBytes };
    throw error;
  }
}

function readHeader(reader: HeaderReader, fileBytes: number | null): GgufHeader {
  const version = readVersion(reader);
  const tensorCount = reader.count('tensors', MIN_TENSOR_BYTES, MAX_TENSORS);
  const keyCount = reader.count('metadata keys', MIN_ENTRY_BYTES, MAX_KEYS);
  const metadata = readMetadata(reader, keyCount);
  const alignment = readAlignment(reader, metadata);
  const claims = readTensorClaims(reader, tensorCount);
  const dataStartBytes = roundUp(reader.positionBytes, alignment);
  const tensors = claims.map(({ offset, bytes, ...claim }): GgufTensor => {
    if (offset % alignment !== 0) {
      throw reader.complaint(
        `tensor "${claim.name}" at offset ${offset}`,
        `an offset that is a multiple of ${alignment}`,
      );
    }
    const startBytes = dataStartBytes + offset;
    return { ...claim, startBytes, endBytes: startBytes + bytes };
  });
  tensors.sort((a, b) => a.startBytes - b.startBytes);
  refuseMisplaced(reader, tensors, fileBytes);
  return { version, metadata, tensors, alignment, dataStartBytes };
}

function readVersion(reader: HeaderReader): number {
  const magic = reader.take(4);
  if (String.fromCharCode(...magic) !== MAGIC) {
    throw reader.complaint(`${hex(magic)} as its first bytes`, `"${MAGIC}" (${hex(utf8.encode(MAGIC))})`);
  }
  const version = reader.u32();
  if (VERSIONS.includes(version)) return version;
  const swapped = new DataView(Uint32Array.of(version).buffer).getUint32(0, false);
  const found = VERSIONS.includes(swapped)
    ? `is a big-endian GGUF file; expected a little-endian one`
    : `is GGUF version ${version}; expected version ${VERSIONS.join(' or ')}`;
  throw new HearthError('unsupported-model', `${reader.file} ${found}.`, {
    hint: 'Convert the model again with a current llama.cpp, or pick another file.',
  });
}

/** An empty key, a type, one byte of value. */
const MIN_ENTRY_BYTES = 8 + 4 + 1;

function readMetadata(reader: HeaderReader, count: number): Map<string, GgufValue> {
  const metadata = new Map<string, GgufValue>();
  for (let i = 0; i < count; i++) {
    const key = reader.string(`metadata key ${i}`, MAX_KEY_BYTES);
    if (metadata.has(key)) throw reader.complaint(`the metadata key "${key}" twice`, 'each key once');
    metadata.set(key, readValue(reader, reader.u32(), key));
  }
  return metadata;
}

const STRING = 8;
const LIST = 9;
const BOOLEAN = 7;

/** What a list of numbers becomes, by the type id of its elements. */
const NUMBER_LISTS = new Map<number, { new (bytes: ArrayBuffer): GgufNumbers; BYTES_PER_ELEMENT: number }>([
  [0, Uint8Array],
  [1, Int8Array],
  [2, Uint16Array],
  [3, Int16Array],
  [4, Uint32Array],
  [5, Int32Array],
  [6, Float32Array],
  [12, Float64Array],
]);
const LONG_LISTS = new Map<number, typeof BigUint64Array | typeof BigInt64Array>([
  [10, BigUint64Array],
  [11, BigInt64Array],
]);

function readValue(reader: HeaderReader, typeId: number, key: string): GgufValue {
  if (typeId === STRING) return reader.string(`"${key}"`);
  if (typeId === LIST) return readList(reader, key);
  if (typeId === BOOLEAN) return readBoolean(reader, key);
  const [value] = readNumbers(reader, typeId, 1, key);
  return value!;
}

function readList(reader: HeaderReader, key: string): GgufList {
  const typeId = reader.u32();
  const what = `elements of "${key}"`;
  if (typeId === STRING) {
    const count = reader.count(what, 8);
    return Array.from({ length: count }, (_, i) => reader.string(`element ${i} of "${key}"`));
  }
  if (typeId === BOOLEAN) {
    const count = reader.count(what, 1);
    return Array.from({ length: count }, () => readBoolean(reader, key));
  }
  if (typeId === LIST) throw reader.complaint(`a list of lists in "${key}"`, 'a list of numbers, booleans or texts');
  return readNumbers(reader, typeId, reader.count(what, numberBytes(reader, typeId, key)), key);
}

function readBoolean(reader: HeaderReader, key: string): boolean {
  const [byte] = reader.take(1);
  if (byte === 0 || byte === 1) return byte === 1;
  throw reader.complaint(`${byte} for a boolean in "${key}"`, '0 or 1');
}

function numberBytes(reader: HeaderReader, typeId: number, key: string): number {
  const bytes = (NUMBER_LISTS.get(typeId) ?? LONG_LISTS.get(typeId))?.BYTES_PER_ELEMENT;
  if (bytes === undefined) throw reader.complaint(`a value of type ${typeId} in "${key}"`, 'types 0 to 12');
  return bytes;
}

function readNumbers(reader: HeaderReader, typeId: number, count: number, key: string): GgufNumbers {
  const bytes = reader.take(count * numberBytes(reader, typeId, key)).slice().buffer;
  const List = NUMBER_LISTS.get(typeId);
  if (List) return new List(bytes);
  return Float64Array.from(new (LONG_LISTS.get(typeId)!)(bytes), (value) => reader.exact(value, `"${key}"`));
}

function readAlignment(reader: HeaderReader, metadata: GgufMetadata): number {
  const alignment = metadata.get('general.alignment') ?? DEFAULT_ALIGNMENT;
  const isPowerOfTwo =
    typeof alignment === 'number' &&
    alignment >= 1 &&
    alignment <= MAX_ALIGNMENT &&
    Number.isInteger(Math.log2(alignment));
  if (isPowerOfTwo) return alignment;
  throw reader.complaint(`general.alignment ${describe(alignment)}`, `a power of two up to ${MAX_ALIGNMENT}`);
}

interface TensorClaim {
  name: string;
  type: TensorType;
  shape: number[];
  /** From where the data begin. */
  offset: number;
  bytes: number;
}

/** An empty name, one dimension. */
const MIN_TENSOR_BYTES = 8 + 4 + 8 + 4 + 8;

function readTensorClaims(reader: HeaderReader, count: number): TensorClaim[] {
  const names = new Set<string>();
  return Array.from({ length: count }, (_, i) => {
    const claim = readTensorClaim(reader, i);
    if (names.has(claim.name)) throw reader.complaint(`the tensor "${claim.name}" twice`, 'each tensor once');
    names.add(claim.name);
    return claim;
  });
}

function readTensorClaim(reader: HeaderReader, index: number): TensorClaim {
  const name = reader.string(`the name of tensor ${index}`, MAX_TENSOR_NAME_BYTES);
  const bad = (found: string, expected: string) => reader.complaint(`tensor "${name}" with ${found}`, expected);

  const dimensions = reader.u32();
  if (dimensions < 1 || dimensions > MAX_DIMENSIONS) {
    throw bad(`${dimensions} dimensions`, `1 to ${MAX_DIMENSIONS}`);
  }
  const sizes = Array.from({ length: dimensions }, () => reader.u64(`a size of tensor "${name}"`));
  if (sizes.includes(0)) throw bad(`sizes ${sizes.join(' × ')}`, 'sizes of at least 1');

  const typeId = reader.u32();
  const type = TENSOR_TYPES.get(typeId);
  if (!type) {
    const known = [...TENSOR_TYPES.values()].map(({ name }) => name).join(', ');
    throw new HearthError(
      'unsupported-model',
      `${reader.file} has tensor "${name}" of type ${typeId}; known are ${known}.`,
    );
  }
  const width = sizes[0]!;
  if (width % type.blockWeights !== 0) {
    throw bad(`rows of ${width} weights in ${type.name}`, `a multiple of ${type.blockWeights}`);
  }
  const bytes = sizes.reduce((product, size) => product * size, 1) * (type.blockBytes / type.blockWeights);
  const offset = reader.u64(`the offset of tensor "${name}"`);
  if (!Number.isSafeInteger(offset + bytes + MAX_HEADER_BYTES)) {
    throw bad(`sizes ${sizes.join(' × ')} at offset ${offset}`, 'bytes below 2^53');
  }
  return { name, type, shape: sizes.toReversed(), offset, bytes };
}

/** @param tensors in the order of their bytes */
function refuseMisplaced(reader: HeaderReader, tensors: readonly GgufTensor[], fileBytes: number | null): void {
  tensors.forEach(({ name, startBytes, endBytes }, i) => {
    const previous = tensors[i - 1];
    if (previous && startBytes < previous.endBytes) {
      throw reader.complaint(
        `tensors "${previous.name}" and "${name}" on the same bytes`,
        'tensors that do not overlap',
      );
    }
    if (fileBytes !== null && endBytes > fileBytes) {
      throw reader.complaint(`tensor "${name}" up to byte ${endBytes} of ${fileBytes}`, 'all tensors within the file');
    }
  });
}

/** Walks the prefix; what would lie beyond it ends the walk with `PrefixEnds`, what would lie beyond the file with a complaint. */
class HeaderReader {
  positionBytes = 0;
  readonly #view: DataView;
  readonly #endBytes: number;

  constructor(
    readonly prefix: Uint8Array<ArrayBuffer>,
    fileBytes: number | null,
    readonly file: string,
  ) {
    this.#view = new DataView(prefix.buffer, prefix.byteOffset, prefix.byteLength);
    this.#endBytes = Math.min(fileBytes ?? Infinity, MAX_HEADER_BYTES);
  }

  /** The next bytes, without a copy. */
  take(bytes: number): Uint8Array<ArrayBuffer> {
    const start = this.#advance(bytes);
    return this.prefix.subarray(start, this.positionBytes);
  }

  u32(): number {
    return this.#view.getUint32(this.#advance(4), true);
  }

  u64(what: string): number {
    return this.exact(this.#view.getBigUint64(this.#advance(8), true), what);
  }

  /** How many of something follow, each of which takes at least `leastBytes`. */
  count(what: string, leastBytes: number, most = Infinity): number {
    const count = this.u64(`the number of ${what}`);
    if (count > most) throw this.complaint(`${count} ${what}`, `at most ${most}`);
    if (count * leastBytes > this.#endBytes - this.positionBytes) {
      throw this.complaint(
        `${count} ${what} from byte ${this.positionBytes} of ${this.#endBytes} on`,
        'as many as there is room for',
      );
    }
    if (this.positionBytes + count * leastBytes > this.prefix.length) {
      throw new PrefixEnds(this.positionBytes + count * leastBytes);
    }
    return count;
  }

  string(what: string, mostBytes = Infinity): string {
    const length = this.u64(`the length of ${what}`);
    if (length > mostBytes) throw this.complaint(`${length} bytes for ${what}`, `at most ${mostBytes}`);
    const start = this.#advance(length, what);
    if (length <= SHORT_TEXT_BYTES) {
      const ascii = this.#ascii(start, length);
      if (ascii !== null) return ascii;
    }
    try {
      return strictUtf8.decode(this.prefix.subarray(start, start + length));
    } catch (cause) {
      throw this.complaint(`${what} in bytes that are not UTF-8`, 'UTF-8', cause);
    }
  }

  exact(value: bigint, what: string): number {
    const number = Number(value);
    if (BigInt(number) === value) return number;
    throw this.complaint(`${value} for ${what}`, 'a number that a 64-bit float holds exactly');
  }

  complaint(found: string, expected: string, cause?: unknown): HearthError {
    const short = found.length > 200 ? `${found.slice(0, 199)}…` : found; // names are as long as strangers like
    return new HearthError('bad-file', `${this.file} has ${short}; expected ${expected}.`, { cause });
  }

  /** Where the next bytes begin. */
  #advance(bytes: number, what = 'its header'): number {
    const start = this.positionBytes;
    const end = start + bytes;
    if (end > this.#endBytes) {
      throw this.complaint(
        `${what} from byte ${start} to ${end} of ${this.#endBytes}`,
        'a header that ends within the file and within its first 100 MB',
      );
    }
    if (end > this.prefix.length) throw new PrefixEnds(end);
    this.positionBytes = end;
    return start;
  }

  /** Most texts of a vocabulary are short ASCII, for which a TextDecoder call takes longer than this loop. */
  #ascii(start: number, length: number): string | null {
    let text = '';
    for (let at = start; at < start + length; at++) {
      const byte = this.prefix[at]!;
      if (byte >= 0x80) return null;
      text += String.fromCharCode(byte);
    }
    return text;
  }
}

/** Thrown inside this file only. */
class PrefixEnds extends Error {
  constructor(readonly neededBytes: number) {
    super('The prefix ends within the header.');
  }
}

const SHORT_TEXT_BYTES = 24;
const utf8 = new TextEncoder();
const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join(' ');
}

function describe(value: unknown): string {
  return typeof value === 'object' ? 'that is a list' : `= ${JSON.stringify(value)}`;
}
