/**
 * The header of a safetensors file: 8 bytes of length (u64, little-endian), then JSON that says of every tensor its type,
 * shape and bytes, then the data. A header is a claim by a stranger: everything it says is checked here against itself and
 * against the file's size, so that whoever reads a `SourceTensor` may rely on it. Gaps between tensors are allowed.
 * Format: github.com/huggingface/safetensors, README, "Format".
 */
import { HearthError } from '../../lib/errors';
import { findDuplicateKey } from './duplicate-key';

/** Bytes of the length that opens the file. */
export const LENGTH_BYTES = 8;

/** The reference implementation refuses larger headers too. */
export const MAX_HEADER_BYTES = 100_000_000;

const BYTES_PER_ELEMENT = {
  BOOL: 1,
  U8: 1,
  I8: 1,
  F8_E5M2: 1,
  F8_E4M3: 1,
  I16: 2,
  U16: 2,
  F16: 2,
  BF16: 2,
  I32: 4,
  U32: 4,
  F32: 4,
  I64: 8,
  U64: 8,
  F64: 8,
  C64: 8,
} as const;

export type SafetensorsType = keyof typeof BYTES_PER_ELEMENT;

export interface SourceTensor {
  name: string;
  dtype: SafetensorsType;
  shape: number[];
  /** Offsets in the file. */
  startBytes: number;
  endBytes: number;
}

/**
 * Length of the JSON.
 * @param bytes the first LENGTH_BYTES of the file
 * @param fileBytes null when unknown
 * @throws HearthError `bad-file`.
 */
export function readHeaderLength(bytes: Uint8Array, fileBytes: number | null, file: string): number {
  const length = new DataView(bytes.buffer, bytes.byteOffset, LENGTH_BYTES).getBigUint64(0, true);
  if (length > MAX_HEADER_BYTES) {
    throw complaint(file, `a header of ${length} bytes`, `at most ${MAX_HEADER_BYTES}; this is no safetensors file`);
  }
  if (fileBytes !== null && LENGTH_BYTES + Number(length) > fileBytes) {
    throw complaint(
      file,
      `a header of ${length} bytes in a file of ${fileBytes}`,
      'a header that ends within the file',
    );
  }
  return Number(length);
}

/**
 * All tensors, in the order of their bytes.
 * @param json the header without its length // [headerBytes]
 * @param fileBytes null when unknown
 * @throws HearthError `bad-file`; `unsupported-model` for a type this list does not know.
 */
export function parseHeader(json: Uint8Array, fileBytes: number | null, file: string): SourceTensor[] {
  const header = parseJson(json, file);
  const dataStartBytes = LENGTH_BYTES + json.length;
  const tensors = Object.entries(header)
    .filter(([name]) => name !== '__metadata__')
    .map(([name, entry]) => readTensor(name, entry, dataStartBytes, file));
  tensors.sort((a, b) => a.startBytes - b.startBytes || a.endBytes - b.endBytes);

  let previous: SourceTensor | null = null;
  for (const tensor of tensors) {
    const { name, startBytes, endBytes } = tensor;
    if (fileBytes !== null && endBytes > fileBytes) {
      throw complaint(file, `tensor "${name}" up to byte ${endBytes} of ${fileBytes}`, 'all tensors within the file');
    }
    if (startBytes === endBytes) continue;
    if (previous && startBytes < previous.endBytes) {
      throw complaint(
        file,
        `tensors "${previous.name}" and "${name}" on the same bytes`,
        'tensors that do not overlap',
      );
    }
    previous = tensor;
  }
  return tensors;
}

/**
 * What the header says besides tensors: texts by name, none where it says nothing.
 * @param json as for `parseHeader`
 * @throws HearthError `bad-file`.
 */
export function parseMetadata(json: Uint8Array, file: string): Record<string, string> {
  const { __metadata__: metadata = {} } = parseJson(json, file) as { __metadata__?: unknown };
  if (isObject(metadata) && Object.values(metadata).every((text) => typeof text === 'string')) {
    return metadata as Record<string, string>;
  }
  throw complaint(file, `${show(metadata)} as its metadata`, 'texts by name');
}

function parseJson(bytes: Uint8Array, file: string): object {
  let text: string;
  let header: unknown;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    header = JSON.parse(text);
  } catch (cause) {
    throw complaint(file, 'a header that is not JSON', 'JSON that describes tensors', cause);
  }
  if (!isObject(header)) throw complaint(file, `a header that is ${kindOf(header)}`, 'an object of tensors');
  const duplicate = findDuplicateKey(text);
  if (duplicate !== null) throw complaint(file, `"${duplicate}" twice in the header`, 'each name once');
  return header;
}

function readTensor(name: string, entry: unknown, dataStartBytes: number, file: string): SourceTensor {
  const bad = (found: string, expected: string) => complaint(file, `tensor "${name}" with ${found}`, expected);
  if (!isObject(entry)) throw bad(`${kindOf(entry)} for a description`, 'an object');

  const { dtype, shape, data_offsets: offsets } = entry as Record<string, unknown>;
  if (typeof dtype !== 'string') throw bad(`${kindOf(dtype)} as its dtype`, 'a name such as BF16');
  if (!isKnownType(dtype)) {
    const known = Object.keys(BYTES_PER_ELEMENT).join(', ');
    throw new HearthError('unsupported-model', `${file} has tensor "${name}" of type ${dtype}; known are ${known}.`);
  }
  if (!isSizes(shape)) throw bad(`shape ${show(shape)}`, 'a list of whole numbers below 2^53');
  if (!isSizes(offsets) || offsets.length !== 2) {
    throw bad(`data_offsets ${show(offsets)}`, 'two whole numbers below 2^53');
  }
  const [start, end] = offsets as [number, number];
  if (start > end) throw bad(`data_offsets ${show(offsets)}`, 'a start that is not after the end');
  const bytes = shape.reduce((product, size) => product * size, BYTES_PER_ELEMENT[dtype]);
  if (bytes !== end - start) {
    throw bad(`${end - start} bytes`, `${bytes} for ${dtype} of shape ${show(shape)}`);
  }
  const endBytes = dataStartBytes + end;
  if (!Number.isSafeInteger(endBytes)) throw bad(`data_offsets ${show(offsets)}`, 'offsets below 2^53');
  return { name, dtype, shape, startBytes: dataStartBytes + start, endBytes };
}

function isKnownType(dtype: string): dtype is SafetensorsType {
  return Object.hasOwn(BYTES_PER_ELEMENT, dtype);
}

function isSizes(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((size) => Number.isSafeInteger(size) && size >= 0);
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function kindOf(value: unknown): string {
  if (value === undefined) return 'nothing';
  return Array.isArray(value) ? 'a list' : value === null ? 'null' : `a ${typeof value}`;
}

function show(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}

function complaint(file: string, found: string, expected: string, cause?: unknown): HearthError {
  return new HearthError('bad-file', `${file} has ${found}; expected ${expected}.`, { cause });
}
