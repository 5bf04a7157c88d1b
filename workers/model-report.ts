/**
 * What each model takes, before and after it is here: the network thread joins what the store holds (src/weights) with what
 * the model's page asks for (src/models) and what the engine will reserve for it (src/engine).
 */
import { type BackendKind, planRunner, runnerMemory } from '../src/engine/memory';
import { MAX_CPU_PARAMETERS } from '../src/weights/cpu-limit';
import { modelLayout } from '../src/models/layouts';
import type { ContextCost, KnownModel, ModelReport } from '../src/protocol/import-api';
import { foreseeWeights } from '../src/weights/foresee';
import type { ModelRecord } from '../src/weights/record';

/** Context lengths worth offering: powers of two from here on, and the longest. */
const SHORTEST_CONTEXT = 256;

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
  const figures = manifest ? figuresOf(JSON.parse(manifest.texts['config.json']), device) : figuresOf(config, device);
  return {
    modelId,
    state: record?.state ?? 'absent',
    fetching: record?.fetching ?? false,
    storedBytes: record?.storedBytes ?? 0,
    keptBytes: record?.keptBytes ?? 0,
    ...figures,
    ...(manifest && {
      weightBytes: manifest.shards.reduce((sum, { bytes }) => sum + bytes, 0),
      parameterCount: manifest.tensors.reduce((sum, { rows, width }) => sum + rows * width, 0),
    }),
    source: manifest && {
      id: manifest.source.id ?? manifest.source.url,
      url: manifest.source.url,
      files: manifest.source.files.map(({ path, bytes, sha256 }) => ({ path, bytes, sha256 })),
      createdAt: manifest.createdAt,
    },
  };
}

type Figures = Pick<
  ModelReport,
  'weightBytes' | 'parameterCount' | 'runsOnProcessor' | 'contexts' | 'defaultContextLength'
>;

const UNKNOWN: Figures = {
  weightBytes: 0,
  parameterCount: 0,
  runsOnProcessor: false,
  contexts: [],
  defaultContextLength: 0,
};

/** Nothing for what no page of ours can read. */
function figuresOf(configJson: unknown, device: BackendKind): Figures {
  try {
    const page = modelLayout(configJson);
    const config = page.readConfig(configJson);
    const shape = page.shape(config);
    const { parameterCount, bytes: weightBytes } = foreseeWeights(page.weights(config));
    const contexts = contextLengths(shape.maxContext).map((contextLength): ContextCost => {
      const memory = runnerMemory(page, config, planRunner(device, shape, { contextLength }));
      const { cacheBytes, workBytes, largestBufferBytes } = memory;
      return { contextLength, bytes: cacheBytes + workBytes, largestBufferBytes };
    });
    return {
      weightBytes,
      parameterCount,
      runsOnProcessor: parameterCount <= MAX_CPU_PARAMETERS,
      contexts,
      defaultContextLength: planRunner(device, shape).contextLength,
    };
  } catch {
    return UNKNOWN;
  }
}

function contextLengths(longest: number): number[] {
  const lengths: number[] = [];
  for (let length = SHORTEST_CONTEXT; length < longest; length *= 2) lengths.push(length);
  return [...lengths, longest];
}
