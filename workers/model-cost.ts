/** What a model takes of a machine: its page (src/models) says what it is, the engine what it will reserve for that. */
import { type BackendKind, planRunner, runnerMemory } from '../src/engine/memory';
import type { ModelLayout } from '../src/models/page';
import type { ContextCost, ModelCost } from '../src/protocol/import-api';
import { MAX_CPU_PARAMETERS, countParameters } from '../src/weights/cpu-limit';

/** Context lengths worth offering: powers of two from here on, and the longest. */
const SHORTEST_CONTEXT = 256;

/** All but the weights, whose size is known otherwise. @param config as the page has read it. */
export function runningCost(
  page: ModelLayout,
  config: unknown,
  device: BackendKind,
): Omit<ModelCost, 'weightBytes' | 'readBytes'> {
  const shape = page.shape(config);
  const parameterCount = countParameters(page.weights(config));
  return {
    parameterCount,
    layers: shape.layers,
    runsOnProcessor: parameterCount <= MAX_CPU_PARAMETERS,
    contexts: contextLengths(shape.maxContext).map((contextLength): ContextCost => {
      const memory = runnerMemory(page, config, planRunner(device, shape, { contextLength }));
      const { cacheBytes, workBytes, largestBufferBytes, readBytes } = memory;
      return { contextLength, bytes: cacheBytes + workBytes, largestBufferBytes, readBytes };
    }),
    defaultContextLength: planRunner(device, shape).contextLength,
  };
}

function contextLengths(longest: number): number[] {
  const lengths: number[] = [];
  for (let length = SHORTEST_CONTEXT; length < longest; length *= 2) lengths.push(length);
  return [...lengths, longest];
}
