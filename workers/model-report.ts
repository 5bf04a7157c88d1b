/**
 * What each model takes, before and after it is here: the network thread joins what the store holds (src/weights) with what
 * the model's page asks for (src/models) and what the engine will reserve for it (src/engine).
 */
import type { BackendKind } from '../src/engine/memory';
import { modelLayout } from '../src/models/layouts';
import type { KnownModel, ModelCost, ModelReport } from '../src/protocol/import-api';
import { foreseeWeights, readBytesOf } from '../src/weights/foresee';
import { vocabularyOf } from '../src/weights/formats/vocabulary';
import type { Manifest } from '../src/weights/manifest';
import type { ModelRecord } from '../src/weights/record';
import { runningCost } from './model-cost';

/** All known models, then what else is held. */
export async function reportModels(
  known: readonly KnownModel[],
  records: readonly ModelRecord[],
  device: BackendKind,
): Promise<ModelReport[]> {
  const found = new Map(records.map((record) => [record.modelId, record]));
  const knownIds = new Set(known.map(({ modelId }) => modelId));
  return Promise.all([
    ...known.map(({ modelId, config }) => report(modelId, config, found.get(modelId), device)),
    ...records.filter(({ modelId }) => !knownIds.has(modelId)).map((one) => report(one.modelId, null, one, device)),
  ]);
}

/** @param config what is known of config.json; the stored one counts more. */
async function report(
  modelId: string,
  config: unknown,
  record: ModelRecord | undefined,
  device: BackendKind,
): Promise<ModelReport> {
  const manifest = record?.manifest ?? null;
  return {
    modelId,
    state: record?.state ?? 'absent',
    fetching: record?.fetching ?? false,
    storedBytes: record?.storedBytes ?? 0,
    keptBytes: record?.keptBytes ?? 0,
    ...costOf(manifest ? JSON.parse(manifest.texts['config.json']) : config, manifest, device),
    precision: record?.precision ?? null,
    vocabulary: manifest && (await storedVocabulary(manifest)),
    from: record?.from ?? null,
    source: manifest && {
      id: manifest.source.id ?? manifest.source.url,
      url: manifest.source.url,
      files: manifest.source.files.map(({ path, bytes, sha256 }) => ({ path, bytes, sha256 })),
      createdAt: manifest.createdAt,
    },
  };
}

/** By import: large vocabularies take a moment to read, and what is stored under one import never changes. */
const vocabularies = new Map<string, Promise<string | null>>();

function storedVocabulary({ importId, texts }: Manifest): Promise<string | null> {
  const known = vocabularies.get(importId) ?? vocabularyOf(texts['tokenizer.json']);
  vocabularies.set(importId, known);
  return known;
}

const UNKNOWN: ModelCost = {
  weightBytes: 0,
  readBytes: { int4: 0, int8: 0, float: 0 },
  parameterCount: 0,
  layers: 0,
  runsOnProcessor: false,
  contexts: [],
  defaultContextLength: 0,
};

/** @param manifest of the stored model; its sizes are foreseen without one. Nothing for what no page of ours can read. */
function costOf(configJson: unknown, manifest: Manifest | null, device: BackendKind): ModelCost {
  try {
    const page = modelLayout(configJson);
    const config = page.readConfig(configJson);
    const specs = page.weights(config);
    const foreseen = foreseeWeights(specs);
    return {
      ...runningCost(page, config, device),
      weightBytes: manifest?.shards.reduce((sum, { bytes }) => sum + bytes, 0) ?? foreseen.bytes,
      readBytes: manifest ? readBytesOf(specs, manifest.tensors) : foreseen.readBytes,
    };
  } catch {
    return UNKNOWN;
  }
}
