/**
 * Angles of rotary position embeddings (RoPE, Su et al. 2021), computed here in f64: f32 sine and cosine of large angles
 * are inexact on many GPUs.
 */
import { present } from '../lib/invariant';
import type { Rope, RopeScaling } from './rope';

/** @returns cos and sin of position · frequency, with the scaling's magnitude: [positions][rotaryDim / 2][2]. */
export function rotationTable({ theta, rotaryDim, scaling }: Rope, positions: number): Float32Array<ArrayBuffer> {
  const half = rotaryDim / 2;
  const magnitude = scaling?.type === 'longrope' ? scaling.magnitude : 1;
  const table = new Float32Array(positions * rotaryDim);
  for (let i = 0; i < half; i++) {
    const frequency = scaled(theta ** ((-2 * i) / rotaryDim), i, scaling, positions);
    for (let position = 0; position < positions; position++) {
      table[2 * (position * half + i)] = magnitude * Math.cos(position * frequency);
      table[2 * (position * half + i) + 1] = magnitude * Math.sin(position * frequency);
    }
  }
  return table;
}

/** The i-th frequency for a context of `positions`. */
function scaled(frequency: number, i: number, scaling: RopeScaling | null, positions: number): number {
  switch (scaling?.type) {
    case undefined:
      return frequency;
    case 'linear':
      return frequency / scaling.factor;
    case 'llama3':
      return llama3Frequency(frequency, scaling);
    case 'longrope': // the factors of long contexts serve all of its positions, the first ones too
      return frequency / present((positions > scaling.originalContext ? scaling.long : scaling.short)[i], 'factor');
    case 'frequency-factors':
      return frequency / present(scaling.factors[i], 'factor');
  }
}

/**
 * Llama 3.1 (Llama Team 2024): slow turns, of which the original context saw less than `lowFrequency`, are stretched by the
 * factor; fast ones, of which it saw more than `highFrequency`, stay; between the two it is a blend.
 */
function llama3Frequency(
  frequency: number,
  { factor, lowFrequency, highFrequency, originalContext }: Extract<RopeScaling, { type: 'llama3' }>,
): number {
  const turns = (originalContext * frequency) / (2 * Math.PI);
  const blend = (turns - lowFrequency) / (highFrequency - lowFrequency);
  const kept = Math.min(1, Math.max(0, blend));
  return (1 - kept) * (frequency / factor) + kept * frequency;
}
