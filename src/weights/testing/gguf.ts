/** GGUF files made up for tests: well-formed unless told otherwise. The writer shares no code with the parser. */
import { concat, text } from './checkpoint';

/** Type ids of metadata values (docs/gguf.md). */
export const VALUE_TYPES = {
  u8: 0,
  i8: 1,
  u16: 2,
  i16: 3,
  u32: 4,
  i32: 5,
  f32: 6,
  bool: 7,
  string: 8,
  list: 9,
  u64: 10,
  i64: 11,
  f64: 12,
} as const;

export type ValueType = Exclude<keyof typeof VALUE_TYPES, 'list'>;

/** A value with its type; `list` holds several of one type. */
export type TestValue = { type: ValueType; value: unknown } | { list: ValueType; values: readonly unknown[] };

export interface TestTensorClaim {
  name: string;
  /** As in the file: the row's width first. */
  sizes: readonly (number | bigint)[];
  type: number;
  offset: number | bigint;
}

export interface TestGguf {
  version?: number;
  metadata?: readonly (readonly [key: string, value: TestValue])[];
  tensors?: readonly TestTensorClaim[];
  /** What follows the header, after its padding. */
  data?: Uint8Array;
  alignment?: number;
}

export function gguf({
  version = 3,
  metadata = [],
  tensors = [],
  data,
  alignment = 32,
}: TestGguf): Uint8Array<ArrayBuffer> {
  const header = concat(
    text('GGUF'),
    integer(version, 4),
    integer(tensors.length, 8),
    integer(metadata.length, 8),
    ...metadata.flatMap(([key, value]) => [string(key), typed(value)]),
    ...tensors.flatMap(({ name, sizes, type, offset }) => [
      string(name),
      integer(sizes.length, 4),
      ...sizes.map((size) => integer(size, 8)),
      integer(type, 4),
      integer(offset, 8),
    ]),
  );
  if (!data) return header;
  return concat(header, new Uint8Array((alignment - (header.length % alignment)) % alignment), data);
}

function typed(value: TestValue): Uint8Array {
  if ('type' in value) return concat(integer(VALUE_TYPES[value.type], 4), plain(value.type, value.value));
  return concat(
    integer(VALUE_TYPES.list, 4),
    integer(VALUE_TYPES[value.list], 4),
    integer(value.values.length, 8),
    ...value.values.map((item) => plain(value.list, item)),
  );
}

function plain(type: ValueType, value: unknown): Uint8Array {
  if (type === 'string') return string(String(value));
  if (type === 'bool') return integer(Number(value), 1);
  const bytes = new DataView(new ArrayBuffer(8));
  if (type === 'f32') bytes.setFloat32(0, Number(value), true);
  else if (type === 'f64') bytes.setFloat64(0, Number(value), true);
  else return integer(value as number | bigint, Number(type.slice(1)) / 8);
  return new Uint8Array(bytes.buffer, 0, type === 'f32' ? 4 : 8);
}

/** Little-endian, in two's complement. */
function integer(value: number | bigint, bytes: number): Uint8Array {
  const view = new DataView(new ArrayBuffer(8));
  view.setBigInt64(0, BigInt.asIntN(64, BigInt(value)), true);
  return new Uint8Array(view.buffer, 0, bytes);
}

function string(value: string): Uint8Array {
  const bytes = text(value);
  return concat(integer(bytes.length, 8), bytes);
}
