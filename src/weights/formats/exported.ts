/**
 * The file that Hearth exports a model as: a safetensors file that holds the checkpoint's own tensors, in the rows of our packed
 * formats where they are quantised, and the texts of the model as tensors of bytes under their file names. Nothing is believed
 * that it says of sizes: each tensor is held against the model's config like one of any other file.
 *
 * `__metadata__` has `format` "hearth", `version` as `PACKED_FORMAT_VERSION`, and `types`, JSON: of each quantised tensor, which is
 * a U8 tensor of [rows][bytes of a row] to other readers, the type and the width.
 */
import { HearthError } from '../../lib/errors';
import { PACKED_FORMAT_VERSION } from '../../quant/format';
import type { ModelTexts } from '../manifest';
import { type ReadOptions, readRange } from '../sources/reader';
import type { Source } from '../sources/source';
import { type Checkpoint, type CheckpointFile, type CheckpointTensor, openSafetensors } from './checkpoint';
import { isPackedType, packedRowBytes, type PackedType } from './packed-types';
import { parseMetadata } from './safetensors';
import { MAX_TEXT_BYTES, OPTIONAL_TEXTS, REQUIRED_TEXTS } from './texts';

export const EXPORT_FORMAT = 'hearth';

/** Names the file, with whatever before it. */
export const EXPORT_EXTENSION = '.hearth.safetensors';

export interface ExportMetadata extends Record<string, string> {
  format: string;
  version: string;
  types: string;
}

/** Of a quantised tensor; a row is `packedRowBytes` long. */
export interface ExportedType {
  type: PackedType;
  width: number;
}

const TEXT_NAMES: readonly string[] = [...REQUIRED_TEXTS, ...OPTIONAL_TEXTS];

/** Holds most headers, so that one request is enough. */
const FIRST_READ_BYTES = 64 * 1024;

/** @throws HearthError `bad-file` for a file that is none of ours, or lies; `not-found`, `unsupported-model`, `aborted`. */
export async function openExported(
  source: Source,
  path: string,
  options: ReadOptions,
): Promise<{ texts: ModelTexts; checkpoint: Checkpoint }> {
  const { file, hasRanges, header } = await openSafetensors(source, path, options, FIRST_READ_BYTES);
  const types = readTypes(parseMetadata(header, path), path);
  const texts = await readTexts(source, file, options);
  const tensors = file.tensors
    .filter(({ name }) => !TEXT_NAMES.includes(name))
    .map((tensor) => checkpointTensor(tensor, types, path));
  return { texts, checkpoint: { files: [{ ...file, tensors }], hasRanges, keepsTypes: true } };
}

function readTypes({ format, version, types = '' }: Partial<ExportMetadata>, path: string): Record<string, unknown> {
  if (format !== EXPORT_FORMAT) {
    throw new HearthError(
      'bad-file',
      `${path} is not a model that Hearth has exported, and there is no config.json beside it; expected one or the other.`,
      {
        hint: 'Give all files of the model at once, config.json and tokenizer.json too, or the folder that holds them.',
      },
    );
  }
  if (version !== `${PACKED_FORMAT_VERSION}`) {
    throw new HearthError(
      'bad-file',
      `${path} was exported in version ${version} of the format; expected version ${PACKED_FORMAT_VERSION}.`,
      { hint: 'Export the model again with the version of Hearth that is to read it.' },
    );
  }
  try {
    const read: unknown = JSON.parse(types);
    if (isRecord(read)) return read;
  } catch {
    // said below
  }
  throw new HearthError('bad-file', `${path} does not say what its tensors are; expected JSON under "types".`);
}

async function readTexts(source: Source, file: CheckpointFile, options: ReadOptions): Promise<ModelTexts> {
  const { path, version } = file;
  const texts: Record<string, string> = {};
  for (const { name, dtype, shape, startBytes, endBytes } of file.tensors) {
    if (!TEXT_NAMES.includes(name)) continue;
    if (dtype !== 'U8' || shape.length !== 1 || endBytes - startBytes > MAX_TEXT_BYTES) {
      const found = `${dtype} of shape [${shape.join(', ')}]`;
      throw new HearthError('bad-file', `${path} has ${found} as ${name}; expected at most ${MAX_TEXT_BYTES} bytes.`);
    }
    const bytes = await readRange(source, path, startBytes, endBytes, version, options);
    try {
      texts[name] = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    } catch (cause) {
      throw new HearthError('bad-file', `${name} in ${path} is not UTF-8; expected text.`, { cause });
    }
  }
  const missing = REQUIRED_TEXTS.find((name) => !Object.hasOwn(texts, name));
  if (missing !== undefined) throw new HearthError('bad-file', `${path} holds no ${missing}; expected it there.`);
  return texts as unknown as ModelTexts;
}

function checkpointTensor(tensor: CheckpointTensor, types: Record<string, unknown>, path: string): CheckpointTensor {
  const { name, dtype, shape } = tensor;
  if (!Object.hasOwn(types, name)) return { ...tensor, plusIsIn: true };
  const [rows = 0, rowBytes, ...more] = shape;
  const said: unknown = types[name];
  if (dtype === 'U8' && more.length === 0 && isExportedType(said) && packedRowBytes(said.type, said.width) === rowBytes)
    return { ...tensor, dtype: said.type, shape: [rows, said.width], plusIsIn: true };
  throw new HearthError(
    'bad-file',
    `${path} has tensor "${name}" as ${dtype} of shape [${shape.join(', ')}] and says it is ${JSON.stringify(said)}; ` +
      'expected U8 of shape [rows, bytes of a row of that type and width].',
  );
}

function isExportedType(said: unknown): said is ExportedType {
  if (!isRecord(said)) return false;
  const { type, width } = said;
  return typeof type === 'string' && isPackedType(type) && Number.isSafeInteger(width) && Number(width) > 0;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
