/**
 * What a model would take, told before it is downloaded: its config says what it is, the headers of its files that they hold
 * what the config asks for, and the same choice of formats that an import would make how much of it is stored.
 */
import type { BackendKind } from '../src/engine/memory';
import { modelLayout } from '../src/models/layouts';
import type { Inspection, PrecisionChoice } from '../src/protocol/import-api';
import type { Precision } from '../src/weights/choose-formats';
import { foreseeWeights } from '../src/weights/foresee';
import { type Checkpoint, openCheckpoint } from '../src/weights/formats/checkpoint';
import { parseJson, readJson, sizeOfTexts } from '../src/weights/formats/texts';
import { locateParts } from '../src/weights/locate';
import { openModel } from '../src/weights/open-model';
import { ggufModels } from '../src/weights/sources/choose-file';
import { HubSource } from '../src/weights/sources/hub';
import type { OpenedSource } from '../src/weights/sources/open-source';
import type { ReadOptions } from '../src/weights/sources/reader';
import { runningCost } from './model-cost';

/** Of each file of weights, what is asked for at once: the headers of small models are not longer. */
const FIRST_READ_BYTES = 16 * 1024;

/**
 * @throws HearthError as an import of the same source before its first weight: `not-found`, `bad-file`, `unsupported-model`,
 * `network`, `aborted`.
 */
export async function inspectModel(
  modelId: string,
  opened: OpenedSource,
  device: BackendKind,
  options: ReadOptions = {},
): Promise<Inspection> {
  const { configJson, openWeights } = await readHead(opened, options);
  const page = modelLayout(configJson);
  const config = page.readConfig(configJson);
  const specs = page.weights(config);
  const { checkpoint, textBytes } = await openWeights();
  const parts = locateParts(specs, checkpoint.files); // refuses files that are not what the config describes
  return {
    modelId,
    architecture: String((configJson as { model_type?: unknown }).model_type),
    vocabSize: page.shape(config).vocabSize,
    keepsTypes: checkpoint.keepsTypes,
    files: modelsBeside(opened),
    downloadBytes: textBytes + checkpoint.files.reduce((sum, { bytes }) => sum + bytes, 0),
    choices: precisionsOf(checkpoint).map((precision): PrecisionChoice => {
      const { bytes: weightBytes, readBytes } = foreseeWeights(specs, precision, checkpoint.keepsTypes ? parts : null);
      return { precision, weightBytes, readBytes };
    }),
    ...runningCost(page, config, device),
  };
}

/** All GGUF models of the repository that this one is from, where there are several. */
function modelsBeside({ source, file }: OpenedSource): Inspection['files'] {
  if (file === null || !(source instanceof HubSource)) return [];
  const models = ggufModels(source.files);
  return models.length > 1 ? models.map(({ path, bytes }) => ({ path, bytes, isThis: path === file })) : [];
}

interface Head {
  configJson: unknown;
  openWeights: () => Promise<{ checkpoint: Checkpoint; textBytes: number }>;
}

/** The config, from config.json or from a file that is a whole model; and the way to the headers of the weights. */
async function readHead({ source, file }: OpenedSource, options: ReadOptions): Promise<Head> {
  if (file !== null) {
    const { texts, openCheckpoint: openHeaders } = await openModel(source, file, options);
    const configJson = parseJson(texts['config.json'], 'config.json');
    return { configJson, openWeights: async () => ({ checkpoint: await openHeaders(), textBytes: 0 }) };
  }
  return {
    configJson: await readJson(source, 'config.json', options),
    async openWeights() {
      const [checkpoint, textBytes] = await Promise.all([
        openCheckpoint(source, options, FIRST_READ_BYTES),
        sizeOfTexts(source, options),
      ]);
      return { checkpoint, textBytes };
    },
  };
}

/** The usual one first: as the file has it, or int4 and int8. Then what it may become besides. */
function precisionsOf(checkpoint: Checkpoint): (Precision | null)[] {
  return checkpoint.keepsTypes ? [null, 'int4', 'int8'] : [null, 'int8', halfPrecision(checkpoint)];
}

/** The 16 bits that lose the least of what most of the weights are in. */
function halfPrecision({ files }: Checkpoint): Precision {
  const bytesOf = (wanted: string) =>
    files
      .flatMap(({ tensors }) => tensors)
      .reduce((sum, { dtype, startBytes, endBytes }) => sum + (dtype === wanted ? endBytes - startBytes : 0), 0);
  return bytesOf('BF16') > bytesOf('F16') ? 'bf16' : 'f16';
}
