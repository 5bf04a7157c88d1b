/**
 * Which format each matrix of a model is stored in when we quantise it ourselves. Nearly all go to int4; a tenth of the
 * weights may go to int8, where that saves the most, and all of them in a very small model. A matrix is worth int8 when
 * its int4 error, measured on a sample of its rows, is large (outliers), and when errors of that kind cost much: in the
 * head, in attention, early in the model.
 *
 * `measureInt4Error` and `chooseFormats` are pure; the importer reads the sample. FORMAT.md holds the measurements
 * behind the constants.
 */
import { invariant } from '../lib/invariant';
import type { PackedFormat, QuantizedFormat } from './format';
import { packRows } from './pack';
import { unpack } from './unpack';

/** Of all the weights of a model, the share that may be stored as int8. */
export const MAX_INT8_SHARE = 0.1;

/**
 * A model with fewer weights goes to int8 whole: int4 would save it less than a megabyte, and the smaller a model, the more
 * int4 costs it (the draft of Tales a tenth of its perplexity; FORMAT.md).
 */
export const MIN_INT4_WEIGHTS = 2_000_000;

/** What matrices are quantised to unless they are worth int8: 4.5 bits per weight. */
export const DEFAULT_INT4: QuantizedFormat = { kind: 'int4', group: 32, affine: false, scale: 'f16' };

/** What matrices worth more than int4 are quantised to: 8.5 bits per weight, an error 200 times smaller. */
export const DEFAULT_INT8: QuantizedFormat = { kind: 'int8', group: 32, affine: false, scale: 'f16' };

export type MatrixRole = 'embedding' | 'attention' | 'feed-forward' | 'head';

/** One matrix, as measured. */
export interface MatrixMeasurement {
  /** The packed tensor's name, e.g. `layers.0.qkv`. */
  name: string;
  role: MatrixRole;
  /** Number of weights. */
  weights: number;
  /** Σ (w − int4(w))² / Σ w² over the sampled rows; see `measureInt4Error`. */
  relativeError: number;
}

/**
 * How much the error of one weight costs, relative to one in a feed-forward matrix of the last layer. An embedding with
 * no head beside it is the head as well and counts as one.
 */
const SENSITIVITY: Record<MatrixRole, number> = { head: 4, embedding: 1, attention: 1.2, 'feed-forward': 1 };

/** How much more an error costs in the first layer than in the last: all later layers build on it. */
const FIRST_LAYER_FACTOR = 3;

/**
 * Relative squared error of int4 on some rows of a matrix.
 * @param sample f32 rows, best spread evenly over the matrix // [rows][width]
 * @returns Σ (w − int4(w))² / Σ w², 0 for a sample of zeros
 */
export function measureInt4Error(sample: Float32Array, rows: number, width: number): number {
  const decoded = unpack(packRows(sample, rows, width, DEFAULT_INT4));
  let error = 0;
  let energy = 0;
  for (let i = 0; i < sample.length; i++) {
    const weight = sample[i]!;
    error += (weight - decoded[i]!) ** 2;
    energy += weight * weight;
  }
  return energy === 0 ? 0 : error / energy;
}

/**
 * Chooses a format for every matrix. Matrices come in the order the forward uses them, which tells how early each is
 * among those of its role. The most worthwhile go to int8 first, as long as they fit whole into `MAX_INT8_SHARE`; ties
 * keep the order given, so the choice depends on nothing but the measurements.
 */
export function chooseFormats(measurements: readonly MatrixMeasurement[]): Map<string, PackedFormat> {
  invariant(new Set(measurements.map(({ name }) => name)).size === measurements.length, 'matrices have unique names');
  const total = measurements.reduce((sum, { weights }) => sum + weights, 0);
  const usual = total < MIN_INT4_WEIGHTS ? DEFAULT_INT8 : DEFAULT_INT4;
  const formats = new Map<string, PackedFormat>(measurements.map(({ name }) => [name, usual]));
  let room = Math.floor(total * MAX_INT8_SHARE);
  for (const { name, weights } of byWorth(measurements)) {
    if (weights > room) continue;
    room -= weights;
    formats.set(name, DEFAULT_INT8);
  }
  return formats;
}

/** The measurements, those first whose weights gain the most from int8. */
function byWorth(measurements: readonly MatrixMeasurement[]): MatrixMeasurement[] {
  const hasHead = measurements.some(({ role }) => role === 'head');
  const counts = new Map<MatrixRole, number>();
  for (const { role } of measurements) counts.set(role, (counts.get(role) ?? 0) + 1);
  const seen = new Map<MatrixRole, number>();
  const worth = measurements.map((measurement) => {
    const ofThisRole = seen.get(measurement.role) ?? 0;
    seen.set(measurement.role, ofThisRole + 1);
    const depth = ofThisRole / counts.get(measurement.role)!;
    const role = measurement.role === 'embedding' && !hasHead ? 'head' : measurement.role;
    return { measurement, worth: measurement.relativeError * SENSITIVITY[role] * earliness(measurement.role, depth) };
  });
  return worth.sort((a, b) => b.worth - a.worth).map(({ measurement }) => measurement);
}

/**
 * FIRST_LAYER_FACTOR for the first matrix of a layered role, falling in a straight line towards 1.
 * @param depth how far it stands among those of its role, 0 … 1
 */
function earliness(role: MatrixRole, depth: number): number {
  if (role === 'head' || role === 'embedding') return 1;
  return FIRST_LAYER_FACTOR - (FIRST_LAYER_FACTOR - 1) * depth;
}
