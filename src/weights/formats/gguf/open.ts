/**
 * A GGUF model, in one file or split into several, opened as what it is to the rest of the house: the texts of a Hugging Face
 * folder and a checkpoint under its names. Only headers are read here, and the few hundred numbers of rotary factors.
 */
import { HearthError } from '../../../lib/errors';
import { present } from '../../../lib/invariant';
import type { ModelTexts } from '../../manifest';
import { type ReadOptions, readRange, SourceReader } from '../../sources/reader';
import type { FileVersion, Source } from '../../sources/source';
import { type Checkpoint, type CheckpointFile, type CheckpointTensor, refuseRepeatedTensors } from '../checkpoint';
import { decodeRows, isWeightType, WEIGHT_TYPES } from '../weight-types';
import { type GgufHeader, type GgufMetadata, type GgufTensor, parseGgufHeader } from './header';
import { checkpointName, pairedRows } from './tensor-names';
import { textsFromGguf } from './texts';

/** Holds the header of a model with a small vocabulary; a larger one takes further reads, each as long as all before it. */
const FIRST_READ_BYTES = 2 ** 20;

/** Factors by which a model's rotary frequencies are divided, which GGUF keeps as tensors, by our name of them. */
const ROPE_FACTORS = {
  'rope_freqs.weight': 'freqs',
  'rope_factors_long.weight': 'long',
  'rope_factors_short.weight': 'short',
} as const;

/** One for each pair of a head, far fewer than this. */
const MAX_ROPE_FACTORS = 4096;

/**
 * @param path of the file, or of any part of a split one; the other parts lie beside it.
 * @throws HearthError `not-found`, `bad-file`, `unsupported-model`, `network`, `aborted`.
 */
export async function openGguf(
  source: Source,
  path: string,
  options: ReadOptions,
): Promise<{ texts: ModelTexts; checkpoint: Checkpoint }> {
  const paths = partsOf(path);
  const parts: GgufPart[] = [];
  for (const [index, part] of paths.entries()) {
    const opened = await openPart(source, part, options).catch((error: unknown) => {
      throw paths.length > 1 ? missingPart(error, part, index, paths.length) : error;
    });
    refuseWrongPart(opened, index, paths.length);
    parts.push(opened);
  }
  const { metadata } = present(parts[0], 'the first part').header;
  refuseMissingTensors(parts, metadata);
  const architecture = readArchitecture(metadata, path);
  const ropeFactors = await readRopeFactors(source, parts, options);
  const names = new Set(parts.flatMap(({ header }) => header.tensors.map(({ name }) => name)));
  const texts = textsFromGguf(metadata, ropeFactors, names);
  const files = parts.map(({ file, header }): CheckpointFile => {
    const tensors = header.tensors.filter(({ name }) => !Object.hasOwn(ROPE_FACTORS, name));
    return { ...file, tensors: tensors.map((tensor) => checkpointTensor(architecture, metadata, tensor)) };
  });
  refuseRepeatedTensors(files);
  return { texts, checkpoint: { files, hasRanges: parts.every(({ hasRanges }) => hasRanges), keepsTypes: true } };
}

interface GgufPart {
  file: Omit<CheckpointFile, 'tensors'>;
  header: GgufHeader;
  hasRanges: boolean;
}

/** All parts of a split model, by the name of one of them; or the file itself. */
function partsOf(path: string): string[] {
  const [, stem, , count] = /^(.*)-(\d{5})-of-(\d{5})\.gguf$/i.exec(path) ?? [];
  if (stem === undefined || count === undefined || Number(count) === 0) return [path];
  return Array.from({ length: Number(count) }, (_, i) => {
    return `${stem}-${String(i + 1).padStart(5, '0')}-of-${count}.gguf`;
  });
}

async function openPart(source: Source, path: string, options: ReadOptions): Promise<GgufPart> {
  const url = source.url + path;
  const reader = new SourceReader(source, path, { startBytes: 0, endBytes: FIRST_READ_BYTES }, null, options);
  try {
    let prefix = new Uint8Array();
    for (;;) {
      const chunk = await reader.readSome();
      const version = present(reader.version, `version of ${url}`);
      prefix = joined(prefix, chunk ?? (await readOn(source, path, prefix.length, version, options)));
      const header = parseGgufHeader(prefix, version.sizeBytes, url);
      if (!('metadata' in header)) continue;
      const endBytes = header.tensors.at(-1)?.endBytes ?? header.dataStartBytes;
      const file = { path, version, bytes: version.sizeBytes ?? endBytes };
      return { file, header, hasRanges: reader.hasRanges };
    }
  } finally {
    reader.close();
  }
}

/** As many bytes again as have been read, or what is left of the file. */
async function readOn(
  source: Source,
  path: string,
  readBytes: number,
  version: FileVersion,
  options: ReadOptions,
): Promise<Uint8Array> {
  const endBytes = version.sizeBytes === null ? null : Math.min(2 * readBytes, version.sizeBytes);
  const reader = new SourceReader(source, path, { startBytes: readBytes, endBytes }, version, options);
  const chunks: Uint8Array[] = [];
  try {
    for (let chunk; reader.positionBytes < 2 * readBytes && (chunk = await reader.readSome());) chunks.push(chunk);
  } finally {
    reader.close();
  }
  if (chunks.length > 0) return joined(...chunks);
  throw new HearthError(
    'bad-file',
    `${source.url}${path} ends after ${readBytes} bytes, within its header; it is cut off.`,
  );
}

function joined(...pieces: Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}

function missingPart(error: unknown, path: string, index: number, count: number): unknown {
  if (!(error instanceof HearthError) || error.code !== 'not-found') return error;
  return new HearthError('not-found', `Part ${index + 1} of ${count}, ${path}, is missing: ${error.message}`, {
    hint: `Put all ${count} parts of the model into one folder.`,
    cause: error,
  });
}

/** Holds what a file says of its place (split.no, split.count) against its name. */
function refuseWrongPart({ header: { metadata }, file: { path } }: GgufPart, index: number, count: number): void {
  const foundCount = metadata.get('split.count') || 1;
  const foundIndex = metadata.get('split.no') ?? 0;
  if (foundCount === count && foundIndex === index) return;
  const expected =
    count === 1 ? 'a whole model, or a name that ends like -00001-of-00003.gguf' : `${index} and ${count} by its name`;
  throw new HearthError(
    'bad-file',
    `${path} has split.no ${describe(foundIndex)} and split.count ${describe(foundCount)}; expected ${expected}.`,
    { hint: 'Give the parts of the model their own names again, and put them into one folder.' },
  );
}

function refuseMissingTensors(parts: readonly GgufPart[], metadata: GgufMetadata): void {
  const expected = metadata.get('split.tensors.count');
  const found = parts.reduce((sum, { header }) => sum + header.tensors.length, 0);
  if (expected === undefined || expected === found) return;
  throw new HearthError(
    'bad-file',
    `The parts of ${parts[0]!.file.path} hold ${found} tensors; expected ${describe(expected)}.`,
  );
}

function readArchitecture(metadata: GgufMetadata, path: string): string {
  const architecture = metadata.get('general.architecture');
  if (typeof architecture === 'string') return architecture;
  throw new HearthError('bad-file', `${path} does not name its architecture; expected general.architecture.`);
}

async function readRopeFactors(source: Source, parts: readonly GgufPart[], options: ReadOptions) {
  const factors: Partial<Record<(typeof ROPE_FACTORS)[keyof typeof ROPE_FACTORS], Float32Array>> = {};
  for (const { file, header } of parts) {
    for (const { name, type, shape, startBytes, endBytes } of header.tensors) {
      if (!isRopeFactors(name)) continue;
      const count = shape.reduce((product, size) => product * size, 1);
      if (count > MAX_ROPE_FACTORS || !isWeightType(type.name)) {
        throw new HearthError(
          'bad-file',
          `Tensor "${name}" has ${count} numbers of type ${type.name}; expected at most ${MAX_ROPE_FACTORS} floats.`,
        );
      }
      const bytes = await readRange(source, file.path, startBytes, endBytes, file.version, options);
      const values = new Float32Array(count);
      decodeRows(type.name, bytes, 1, count, values);
      factors[ROPE_FACTORS[name]] = values;
    }
  }
  return factors;
}

function isRopeFactors(name: string): name is keyof typeof ROPE_FACTORS {
  return Object.hasOwn(ROPE_FACTORS, name);
}

function checkpointTensor(architecture: string, metadata: GgufMetadata, tensor: GgufTensor): CheckpointTensor {
  const { name, type, shape, startBytes, endBytes } = tensor;
  if (!isWeightType(type.name)) {
    throw new HearthError(
      'unsupported-model',
      `Tensor "${name}" is of type ${type.name}; weights can be read as ${WEIGHT_TYPES.join(', ')}.`,
      { hint: 'Pick a file of this model in one of these types; most models come in several.' },
    );
  }
  return {
    name: checkpointName(architecture, name),
    dtype: type.name,
    shape,
    startBytes,
    endBytes,
    pairedRows: pairedRows(architecture, metadata, tensor),
    plusIsIn: true,
  };
}

function describe(value: unknown): string {
  return typeof value === 'number' ? `${value}` : 'something that is no number';
}
