/**
 * What each model takes, before and after it is here: the network thread joins what the store holds (src/weights) with what
 * the model's page asks for (src/models) and what the engine will reserve for it (src/engine).
 */
import type { BackendKind } from '../src/engine/memory';
import { modelLayout } from '../src/models/layouts';
import type { KnownModel, ModelCost, ModelReport } from '../src/protocol/import-api';
import { foreseeWeights, readBytesOf } from '../src/weights/foresee';
import type { Manifest } from '../src/weights/manifest';
import type { ModelRecord } from '../src/weights/record';
import { runningCost } from './model-cost';

/** All known models, then what else is held. */
export function reportModels(
  known: readonly KnownModel[],
  records: readonly ModelRecord[],
  device: BackendKind,
): ModelReport[] {
  const found = new Map(records.map((record) => [record.modelId, record]));
  const knownIds = new Set(known.map(({ modelId }) => modelId));
  return [
    ...known.map(({ modelId, config }) => report(modelId, config, found.get(modelId), device)),
    ...records.filter(({ modelId }) => !knownIds.has(modelId)).map((one) => report(one.modelId, null, one, device)),
  ];
}

/** @param config what is known of config.json; the stored one counts more. */
function report(modelId: string, config: unknown, record: ModelRecord | undefined, device: BackendKind): ModelReport {
  const manifest = record?.manifest ?? null;
  return {
    modelId,
    state: record?.state ?? 'absent',
    fetching: record?.fetching ?? false,
    storedBytes: record?.storedBytes ?? 0,
    keptBytes: record?.keptBytes ?? 0,
    ...costOf(manifest ? JSON.parse(manifest.texts['config.json']) : config, manifest, device),
    precision: record?.precision ?? null,
    from: record?.from ?? null,
    source: manifest && {
      id: manifest.source.id ?? manifest.source.url,
      url: manifest.source.url,
      files: manifest.source.files.map(({ path, bytes, sha256 }) => ({ path, bytes, sha256 })),
      createdAt: manifest.createdAt,
    },
  };
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
