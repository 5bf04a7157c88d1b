/** Which models the CPU twins are offered: judged before a download by the importer, and again by the engine at load. */
import { HearthError } from '../lib/errors';
import type { WeightSpec } from './spec';

/** About 100 ms a token in plain code. */
export const MAX_CPU_PARAMETERS = 40e6;

/** Weights of a model, vectors included. */
export function countParameters(specs: readonly WeightSpec[]): number {
  return specs.reduce((sum, { parts, width }) => sum + width * parts.reduce((rows, part) => rows + part.rows, 0), 0);
}

/** @throws HearthError `webgpu-unavailable` for a model that is too large to run without a graphics adapter. */
export function assertFitsCpu(specs: readonly WeightSpec[]): void {
  const parameters = countParameters(specs);
  if (parameters <= MAX_CPU_PARAMETERS) return;
  throw new HearthError(
    'webgpu-unavailable',
    `This model has ${Math.round(parameters / 1e6)} million parameters; without a graphics adapter this page runs models of ` +
      `up to ${MAX_CPU_PARAMETERS / 1e6} million on the processor.`,
    {
      hint:
        'Open the page in a current Chrome or Edge with hardware acceleration switched on (Safari 26 and Firefox 141 have ' +
        'WebGPU too), or use the bundled model.',
    },
  );
}
