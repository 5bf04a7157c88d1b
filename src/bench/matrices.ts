/** What a token and a row of a prompt multiply with, by the shape alone. */
import { modelPage } from '../models/index';
import { DEFAULT_INT4 } from '../quant/choose';
import { packedBytes } from '../quant/format';

/** Bytes of weights that a token reads: every matrix, the embedding only where it is the head. */
export function matrixBytes(config: unknown): number {
  return matrices(config).reduce((sum, { rows, width }) => sum + packedBytes(DEFAULT_INT4, rows, width), 0);
}

/** Weights that a token multiplies with. */
export function tokenWeights(config: unknown): number {
  return matrices(config).reduce((sum, { rows, width }) => sum + rows * width, 0);
}

/** Weights of the layers: what a row of a prompt multiplies with. */
export function layerWeights(config: unknown): number {
  return matrices(config)
    .filter(({ role }) => role === 'attention' || role === 'feed-forward')
    .reduce((sum, { rows, width }) => sum + rows * width, 0);
}

function matrices(config: unknown) {
  const page = modelPage(config);
  const specs = page.weights(page.readConfig(config)).filter(({ role }) => role !== 'vector');
  const hasHead = specs.some(({ role }) => role === 'head');
  return specs
    .filter(({ role }) => !hasHead || role !== 'embedding')
    .map(({ role, parts, width }) => ({ role, width, rows: parts.reduce((sum, part) => sum + part.rows, 0) }));
}
