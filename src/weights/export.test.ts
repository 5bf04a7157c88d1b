import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HearthError } from '../lib/errors';
import { modelLayout } from '../models/layouts';
import type { Precision } from './choose-formats';
import { exportModel } from './export';
import { WEIGHT_TYPES, type WeightType } from './formats/weight-types';
import { importModel } from './import';
import type { StoredWeights } from './manifest';
import { MemoryStore } from './memory-store';
import type { WeightSpec } from './spec';
import { concat, describeTest, safetensors, testCheckpoint, text, withHeader } from './testing/checkpoint';
import { FolderSource } from './testing/folder-source';
import { ggufFile, ggufModel } from './testing/gguf-model';
import { readTensor, readWeights, storedModel } from './testing/stored';

/** Small enough that matrices are cut into blocks and shards, and files into pieces. */
const sizes = { shardBytes: 24 * 1024, blockBytes: 16 * 1024 };
const PIECE_BYTES = 10_000;
const PATH = 'Mine.hearth.safetensors';

const isDeep = import.meta.env['HEARTH_DEEP'] === '1';

/** One for each kind of codes and scales. */
const TYPES = isDeep ? (WEIGHT_TYPES as readonly WeightType[]) : (['Q4_0', 'Q5_1', 'Q4_K', 'Q6_K'] as const);

const describeModel = (json: unknown) => {
  const layout = modelLayout(json);
  return layout.weights(layout.readConfig(json));
};

const checkpoint = testCheckpoint();

type Files = Record<string, Uint8Array<ArrayBuffer>>;

async function importFiles(
  files: Files,
  file: string | null,
  precision: Precision | null = null,
  describe: (json: unknown) => WeightSpec[] = describeTest,
): Promise<StoredWeights> {
  const store = new MemoryStore();
  await importModel({ modelId: 'm', source: new FolderSource(files), file, store, describe, sizes, precision });
  return storedModel(store, 'm');
}

async function exported(stored: StoredWeights, specs: WeightSpec[]): Promise<Uint8Array<ArrayBuffer>> {
  const pieces: Uint8Array<ArrayBuffer>[] = [];
  const write = async (bytes: Uint8Array<ArrayBuffer>) => void pieces.push(bytes);
  await exportModel(stored, specs, write, { pieceBytes: PIECE_BYTES });
  return concat(...pieces);
}

const refusal = (promise: Promise<unknown>) =>
  promise.then(
    () => expect.unreachable('it should have failed'),
    (error: unknown) => error as HearthError,
  );

/** That two stored models have the same formats, codes, scales and texts. */
async function expectSame(found: StoredWeights, expected: StoredWeights): Promise<void> {
  expect(found.manifest.texts).toEqual(expected.manifest.texts);
  const outline = ({ manifest }: StoredWeights) =>
    manifest.tensors.map(({ name, format, rows, width }) => ({ name, format, rows, width }));
  expect(outline(found)).toEqual(outline(expected));
  for (const { name, slabs } of expected.manifest.tensors) {
    expect(bitsOf(await readWeights(found, name)).equals(bitsOf(await readWeights(expected, name))), name).toBe(true);
    if (slabs.some(({ format }) => format !== undefined)) continue; // its parts are of several formats
    const [one, other] = [await readTensor(found, name), await readTensor(expected, name)];
    expect(bitsOf(one.codes).equals(bitsOf(other.codes)), `codes of ${name}`).toBe(true);
    expect(bitsOf(one.scales).equals(bitsOf(other.scales)), `scales of ${name}`).toBe(true);
  }
}

const bitsOf = ({ buffer }: Float32Array | Uint32Array) => Buffer.from(buffer);

describe('a model that is exported', () => {
  it.each([null, 'int4', 'int8', 'f16', 'bf16', 'f32'] as const)(
    'comes back bit for bit, stored in %s',
    async (precision) => {
      const before = await importFiles(checkpoint.files, null, precision);
      expect(before.manifest.shards.length).toBeGreaterThan(1);
      const file = await exported(before, checkpoint.specs);
      await expectSame(await importFiles({ [PATH]: file }, PATH), before);
    },
  );

  it.each(TYPES)('comes back bit for bit, from a GGUF of %s', async (type) => {
    const wide = type.endsWith('_K') ? { hidden: 256, feedForward: 256 } : {};
    // A matrix of parts in two types, and queries and keys whose rows change places on the way in.
    const model = ggufModel({ typeOf: (name) => (name.includes('attn_v') ? 'F16' : type), ...wide });
    const gguf = { 'tiny.gguf': ggufFile(model.metadata, model.tensors) };
    const before = await importFiles(gguf, 'tiny.gguf', null, describeModel);
    const specs = describeModel(JSON.parse(before.manifest.texts['config.json']));
    const file = await exported(before, specs);
    await expectSame(await importFiles({ [PATH]: file }, PATH, null, describeModel), before);
  });

  it('adds nothing a second time that the import has added', async () => {
    const specs = checkpoint.specs.map((spec) =>
      spec.role === 'vector' ? { ...spec, parts: spec.parts.map((part) => ({ ...part, plus: 1 })) } : spec,
    );
    const before = await importFiles(checkpoint.files, null, null, () => specs);
    const after = await importFiles({ [PATH]: await exported(before, specs) }, PATH, null, () => specs);
    await expectSame(after, before);
  });

  it('may be stored in another precision', async () => {
    const before = await importFiles(checkpoint.files, null, 'int8');
    const file = await exported(before, checkpoint.specs);
    const after = await importFiles({ [PATH]: file }, PATH, 'f32');
    for (const { name } of checkpoint.specs) {
      expect(bitsOf(await readWeights(after, name)).equals(bitsOf(await readWeights(before, name))), name).toBe(true);
    }
  });

  it('is as large as what is stored, and says how far it is', async () => {
    const stored = await importFiles(checkpoint.files, null, 'int4');
    const steps: [number, number][] = [];
    let writtenBytes = 0;
    await exportModel(stored, checkpoint.specs, async ({ length }) => void (writtenBytes += length), {
      onProgress: (loaded, total) => steps.push([loaded, total]),
    });
    expect(steps.at(-1)).toEqual([writtenBytes, writtenBytes]);
    const storedBytes = stored.manifest.shards.reduce((sum, { bytes }) => sum + bytes, 0);
    const textBytes = Object.values(stored.manifest.texts).join('').length;
    expect(writtenBytes).toBeLessThan(storedBytes + textBytes + 4096);
  });

  it('stops where it is told to, and where a shard is damaged', async () => {
    const stored = await importFiles(checkpoint.files, null);
    const controller = new AbortController();
    const stopped = exportModel(stored, checkpoint.specs, async () => controller.abort(), {
      signal: controller.signal,
    });
    expect(await refusal(stopped)).toMatchObject({ code: 'aborted' });
    const damaged = {
      ...stored,
      readShard: () => Promise.reject(new HearthError('weights-corrupt', 'Shard 1 is damaged.')),
    };
    expect(await refusal(exported(damaged, checkpoint.specs))).toMatchObject({ code: 'weights-corrupt' });
  });
});

describe('a file that is given alone', () => {
  const entry = (dtype: string, shape: number[], bytes: number) => ({ dtype, shape, data_offsets: [0, bytes] });
  const metadata = { format: 'hearth', version: '1', types: '{}' };
  const texts = Object.entries(checkpoint.files)
    .filter(([name]) => name.endsWith('.json'))
    .map(([name, bytes]) => ({ name, dtype: 'U8', shape: [bytes.length], bytes }));

  /** A file of ours with these entries before its texts; their bytes are zeros. */
  function made(said: object, entries: Record<string, ReturnType<typeof entry>> = {}) {
    const size = Math.max(0, ...Object.values(entries).map(({ data_offsets }) => data_offsets[1]!));
    const header: Record<string, unknown> = { __metadata__: { ...metadata, ...said }, ...entries };
    let end = size;
    for (const { name, dtype, shape, bytes } of texts) {
      header[name] = { dtype, shape, data_offsets: [end, (end += bytes.length)] };
    }
    return withHeader(JSON.stringify(header), new Uint8Array(size), ...texts.map(({ bytes }) => bytes));
  }
  const typed = (type: unknown) => ({ types: JSON.stringify({ a: type }) });

  it.each([
    ['that others have made', safetensors([]), /not a model that Hearth has exported.*no config\.json/],
    ['of a later version', made({ version: '2' }), /version 2 of the format; expected version 1/],
    ['that does not name its types', made({ types: '[' }), /expected JSON under "types"/],
    ['with numbers for metadata', made({ types: 1 }), /as its metadata; expected texts by name/],
    ['without texts', withHeader(JSON.stringify({ __metadata__: metadata })), /holds no config\.json/],
    [
      'with text that is none',
      withHeader(
        JSON.stringify({ __metadata__: metadata, 'config.json': entry('U8', [2], 2) }),
        Uint8Array.of(0xff, 0xfe),
      ),
      /config\.json in .* is not UTF-8/,
    ],
    [
      'with text as numbers',
      withHeader(JSON.stringify({ __metadata__: metadata, 'config.json': entry('F32', [1], 4) }), new Uint8Array(4)),
      /F32 of shape \[1\] as config\.json/,
    ],
    [
      'of a type that there is not',
      made(typed({ type: 'int4 g16 symmetric f16', width: 32 }), { a: entry('U8', [1, 18], 18) }),
      /tensor "a" as U8 of shape \[1, 18\].*int4 g16/,
    ],
    [
      'whose rows are not so wide',
      made(typed({ type: 'int4 g32 symmetric f32', width: 64 }), { a: entry('U8', [1, 20], 20) }),
      /expected U8 of shape/,
    ],
    [
      'with a width of none',
      made(typed({ type: 'int8 g32 affine f32', width: 2 ** 60 }), { a: entry('U8', [1, 40], 40) }),
      /expected U8 of shape/,
    ],
    ['with nothing for a type', made(typed(null), { a: entry('U8', [1, 20], 20) }), /says it is null/],
    ['with a tensor too many', made({}, { a: entry('F32', [1], 4) }), /holds tensor "a"/],
    ['with a tensor too few', made({}), /lack tensor/],
  ])('%s is refused', async (_, file, message) => {
    const error = await refusal(importFiles({ [PATH]: file }, PATH));
    expect(error).toMatchObject({ code: 'bad-file', message: expect.stringMatching(message) });
  });

  it('with a scale that is no number is refused', async () => {
    const stored = await importFiles(checkpoint.files, null, 'int8');
    const file = await exported(stored, checkpoint.specs);
    const { name } = checkpoint.specs[0]!;
    const { codes, scales } = await readTensor(stored, name);
    const rowBytes = (4 * (codes.length + scales.length)) / 500;
    const headerBytes = 8 + Number(new DataView(file.buffer).getBigUint64(0, true));
    file.set([0xff, 0xff], headerBytes + (4 * codes.length) / 500 + 3 * rowBytes); // of the embedding, which comes first
    const error = await refusal(importFiles({ [PATH]: file }, PATH));
    expect(error).toMatchObject({
      code: 'bad-file',
      message: expect.stringMatching(/Tensor "source\.embedding\.0" cannot be packed: Found the scale NaN in row 3/),
    });
  });

  it('whatever is changed in its header, either is refused with a sentence or is a whole model', async () => {
    const file = await exported(await importFiles(checkpoint.files, null, 'int4'), checkpoint.specs);
    const headerBytes = Number(new DataView(file.buffer).getBigUint64(0, true));
    const header = new TextDecoder().decode(file.subarray(8, 8 + headerBytes));
    const data = file.subarray(8 + headerBytes);
    const numbers = [...header.matchAll(/\d+/g)];
    const values = fc.constantFrom('0', '1', '16', '32', '64', '128', '9007199254740991', '-1', '0.5', 'null');
    let refused = 0;
    await fc.assert(
      fc.asyncProperty(fc.nat(numbers.length - 1), values, async (pick, value) => {
        const { index, 0: number } = numbers[pick]!;
        const changed = header.slice(0, index) + value + header.slice(index + number.length);
        try {
          const { manifest } = await importFiles({ [PATH]: withHeader(changed, data) }, PATH);
          expect(manifest.tensors).toHaveLength(checkpoint.specs.length);
        } catch (error) {
          expect(error).toBeInstanceOf(HearthError);
          expect(['bad-file', 'unsupported-model']).toContain((error as HearthError).code);
          refused++;
        }
      }),
      { numRuns: isDeep ? 5000 : 60 },
    );
    expect(refused).toBeGreaterThan(0);
  });
});

it('a text is kept to the letter', async () => {
  const files = { ...checkpoint.files, 'chat_template.jinja': text('{{ "ü\u2028" }}\r\n') };
  const file = await exported(await importFiles(files, null), checkpoint.specs);
  const { manifest } = await importFiles({ [PATH]: file }, PATH);
  expect(manifest.texts['chat_template.jinja']).toBe('{{ "ü\u2028" }}\r\n');
});
