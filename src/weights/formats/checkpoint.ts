/**
 * A checkpoint in Hugging Face layout: one model.safetensors, or several files that model.safetensors.index.json lists. Only
 * headers are read here; afterwards every tensor's place and every file's version is known.
 */
import { HearthError } from '../../lib/errors';
import { present } from '../../lib/invariant';
import { type ReadOptions, readRange, SourceReader } from '../sources/reader';
import type { FileVersion, Source } from '../sources/source';
import { htmlFound } from '../sources/url';
import { readJson } from './texts';
import { LENGTH_BYTES, parseHeader, readHeaderLength } from './safetensors';

/** A tensor under the name that the model's page asks for. */
export interface CheckpointTensor {
  name: string;
  /** As the file says it; `weight-types.ts` knows which of them hold weights. */
  dtype: string;
  shape: number[];
  /** Offsets in the file. */
  startBytes: number;
  endBytes: number;
  /**
   * Rows of a head whose rotary pairs lie side by side (rows 2i and 2i + 1), as GGUF keeps the queries and keys of some
   * architectures; the pages want halves (rows i and i + pairedRows / 2).
   */
  pairedRows?: number;
  /** The file holds already what WeightPart.plus would add: GGUF keeps 1 + w of Gemma's norms. */
  plusIsIn?: boolean;
}

export interface CheckpointFile {
  path: string;
  version: FileVersion;
  /** The file's size, or where its last tensor ends if the server does not tell the size. */
  bytes: number;
  /** In the order of their bytes. */
  tensors: CheckpointTensor[];
}

export interface Checkpoint {
  files: CheckpointFile[];
  /** False when reading a piece from the middle of a file would download all that lies before it. */
  hasRanges: boolean;
  /** True for files whose weights stay of the types they have, unless the person chooses a precision. */
  keepsTypes: boolean;
}

const SINGLE_FILE = 'model.safetensors';
/** Holds most headers, so that one request is enough. */
const FIRST_READ_BYTES = 256 * 1024;

const INDEX_FILE = 'model.safetensors.index.json';

/**
 * @param firstReadBytes asked for at once of each file; a header that is longer takes a second request.
 * @throws HearthError `not-found` when the folder has neither, `bad-file` for headers or an index that lie,
 * `unsupported-model`, `network`, `aborted`.
 */
export async function openCheckpoint(
  source: Source,
  options: ReadOptions,
  firstReadBytes = FIRST_READ_BYTES,
): Promise<Checkpoint> {
  const single = await openSafetensors(source, SINGLE_FILE, options, firstReadBytes).catch(absentIfNotFound);
  if (single) return { files: [single.file], hasRanges: single.hasRanges, keepsTypes: false };

  const index = await readJson(source, INDEX_FILE, options).catch(absentIfNotFound);
  if (!index) {
    throw new HearthError(
      'not-found',
      `Found neither ${SINGLE_FILE} nor ${INDEX_FILE} at ${source.url}; expected one of them.`,
      { hint: 'Pick a model in safetensors format.' },
    );
  }
  const opened = [];
  for (const path of filesOfIndex(index)) opened.push(await openSafetensors(source, path, options, firstReadBytes));
  const files = opened.map(({ file }) => file);
  refuseRepeatedTensors(files);
  return { files, hasRanges: opened.every(({ hasRanges }) => hasRanges), keepsTypes: false };
}

function absentIfNotFound(error: unknown): null {
  if (error instanceof HearthError && error.code === 'not-found') return null;
  throw error;
}

/**
 * The tensors of one safetensors file.
 * @returns with them the header itself, without its length
 * @throws as `openCheckpoint`.
 */
export async function openSafetensors(source: Source, path: string, options: ReadOptions, firstReadBytes: number) {
  const url = source.url + path;
  const reader = new SourceReader(source, path, { startBytes: 0, endBytes: firstReadBytes }, null, options);
  try {
    const length = new Uint8Array(LENGTH_BYTES);
    await reader.read(length);
    const version = present(reader.version, `version of ${url}`);
    if (/^\s*<(!doctype|html|\?xml)/i.test(new TextDecoder().decode(length))) throw htmlFound(url, path);

    const header = new Uint8Array(readHeaderLength(length, version.sizeBytes, url));
    const nearBytes = Math.min(header.length, firstReadBytes - LENGTH_BYTES);
    await reader.read(header.subarray(0, nearBytes));
    const dataStartBytes = LENGTH_BYTES + header.length;
    if (nearBytes < header.length) {
      header.set(await readRange(source, path, firstReadBytes, dataStartBytes, version, options), nearBytes);
    }
    const tensors = parseHeader(header, version.sizeBytes, url);
    const dataEndBytes = tensors.reduce((end, { endBytes }) => Math.max(end, endBytes), dataStartBytes);
    const file: CheckpointFile = { path, version, bytes: version.sizeBytes ?? dataEndBytes, tensors };
    return { file, hasRanges: reader.hasRanges, header };
  } finally {
    reader.close();
  }
}

/** The files an index names, in a fixed order; all of them lie in the folder itself. */
function filesOfIndex(index: unknown): string[] {
  const map = (index as { weight_map?: unknown } | null)?.weight_map;
  if (typeof map !== 'object' || map === null || Array.isArray(map) || Object.keys(map).length === 0) {
    throw new HearthError(
      'bad-file',
      `${INDEX_FILE} has no weight_map; expected one that names a file for each tensor.`,
    );
  }
  const paths = new Set<string>();
  for (const path of Object.values(map)) {
    if (typeof path !== 'string' || !/^\w[\w.-]*\.safetensors$/.test(path)) {
      throw new HearthError(
        'bad-file',
        `${INDEX_FILE} names the file ${JSON.stringify(path)}; expected a .safetensors file in the same folder.`,
      );
    }
    paths.add(path);
  }
  return [...paths].sort();
}

/** @throws HearthError `bad-file` when two tensors have one name. */
export function refuseRepeatedTensors(files: readonly CheckpointFile[]): void {
  const seen = new Map<string, string>();
  for (const { path, tensors } of files) {
    for (const { name } of tensors) {
      const other = seen.get(name);
      if (other !== undefined) {
        throw new HearthError('bad-file', `Tensor "${name}" is in ${other} and in ${path}; expected it once.`);
      }
      seen.set(name, path);
    }
  }
}
