import { describe, expect, it } from 'vitest';
import { packGolden } from './golden-roundings';
import { unpack } from './unpack';

/** One group whose largest magnitude is 7, so that s = 1 for q4_sym; 2.5 and −3.5 are ties. */
const weights = new Float32Array(33);
weights.set([7, 2.5, -3.5, 0.49, -7, 6.6]);
weights[32] = -0.5; // alone in the second group

describe('packGolden', () => {
  it('q4_sym rounds ties to even and never uses −8', () => {
    const decoded = unpack(packGolden('q4_sym', weights, 1, 33));
    expect([...decoded.subarray(0, 7)].map((value) => value + 0)).toEqual([7, 2, -4, 0, -7, 7, 0]);
    expect(decoded[32]).toBe(-7 * 0.0714111328125); // f16(0.5 / 7)
  });

  it('q8_sym divides the largest magnitude by 127', () => {
    const scale = 0.0551147461; // f16(7 / 127)
    const decoded = unpack(packGolden('q8_sym', weights, 1, 33));
    const steps = [127, 45, -64, 9, -127, 120, 0];
    for (const [i, step] of steps.entries()) expect(decoded[i]).toBeCloseTo(step * scale, 6);
  });

  it('q4_asym holds (q − z) · s exactly, with the zero point a whole number', () => {
    const scale = 0.93310546875; // f16(14 / 15)
    const zero = 8; // round(7 / s) = round(7.502)
    const decoded = unpack(packGolden('q4_asym', weights, 1, 33));
    // round(w / s) = 8, 3, −4, 1, −8, 7; the first is clamped at 15 − z = 7
    const steps = [7, 3, -4, 1, -8, 7, 0];
    expect([...decoded.subarray(0, 7)].map((value) => value + 0)).toEqual(steps.map((step) => step * scale));
    expect(steps[4]! + zero).toBe(0);
    expect(decoded[32]).toBe(-15 * 0.0333251953125); // f16(0.5 / 15)
  });

  it('keeps groups of zeros', () => {
    for (const rounding of ['q4_sym', 'q4_asym', 'q8_sym'] as const) {
      const decoded = unpack(packGolden(rounding, new Float32Array(2 * 40), 2, 40));
      expect(decoded.every((value) => value === 0)).toBe(true);
    }
  });
});
