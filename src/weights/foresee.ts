/** How large a model will be once it is stored, from what its architecture asks for alone: nothing is fetched. */
import { chooseFormats } from '../quant/choose';
import { type PackedFormat, packedBytes } from '../quant/format';
import type { WeightSpec } from './spec';

export interface Foreseen {
  parameterCount: number;
  /** Within a percent of what an import stores: which matrices become int8 is not known yet, but how many is. */
  bytes: number;
}

const VECTOR: PackedFormat = { kind: 'f32' };

export function foreseeWeights(specs: readonly WeightSpec[]): Foreseen {
  const sized = specs.map((spec) => ({ ...spec, rows: spec.parts.reduce((sum, { rows }) => sum + rows, 0) }));
  const formats = chooseFormats(
    sized.flatMap(({ name, role, rows, width }) =>
      role === 'vector' ? [] : [{ name, role, weights: rows * width, relativeError: 1 }],
    ),
  );
  return {
    parameterCount: sized.reduce((sum, { rows, width }) => sum + rows * width, 0),
    bytes: sized.reduce((sum, { name, rows, width }) => sum + packedBytes(formats.get(name) ?? VECTOR, rows, width), 0),
  };
}
