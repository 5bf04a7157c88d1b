/**
 * Activations as int8 codes, which products multiply with packed weights four at a time (WGSL's `dot4I8Packed`). A class of
 * numerics of its own, chosen for a whole model: what is lost by rounding is told in bench/RESULTS.md.
 */
import { CHUNK } from '../../quant/format';

/** What layers' products read: the activations themselves, or codes of eight bits with a scale for 32. */
export const ACTIVATION_FORMATS = ['f32', 'int8'] as const;
export type ActivationFormat = (typeof ACTIVATION_FORMATS)[number];

/** Of a chunk of 32 activations: eight words of codes, then scale and sums. */
export const QUANTIZED_WORDS = 12;

/** Bytes of so many rows of quantised activations, each `stride` numbers long. */
export function quantizedBytes(rows: number, stride: number): number {
  return (rows * stride * 4 * QUANTIZED_WORDS) / CHUNK;
}
