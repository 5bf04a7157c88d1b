import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  decodeBfloat16,
  decodeFloat16,
  encodeBfloat16,
  encodeFloat16,
  fromBfloat16Bits,
  fromFloat16Bits,
  MAX_FLOAT16,
  roundToFloat16,
  toBfloat16Bits,
  toFloat16Bits,
} from './float16';

/** The value of an f16 pattern straight from the definition in IEEE 754, section 3.4. */
function definedFloat16(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = (bits & 1023) / 1024;
  if (exponent === 31) return fraction === 0 ? sign * Infinity : NaN;
  return exponent === 0 ? sign * fraction * 2 ** -14 : sign * (1 + fraction) * 2 ** (exponent - 15);
}

const allPatterns = Array.from({ length: 65536 }, (_, bits) => bits);

/** A NaN may come back as another NaN; everything else comes back as it was. */
function sameUnlessNaN(value: number, back: number, bits: number): boolean {
  return Number.isNaN(value) || back === bits;
}

/** f32 bits of a value, read independently of the code under test. */
function float32Bits(value: number): number {
  const view = new DataView(new ArrayBuffer(4));
  view.setFloat32(0, value);
  return view.getUint32(0);
}

/** Every f32 (NaN excepted), all exponents equally likely. */
const float32 = fc.float({ noNaN: true });

describe('f16', () => {
  it('decodes all 65,536 patterns as IEEE 754 defines them, and encodes each back to itself', () => {
    const wrong = allPatterns.filter((bits) => {
      const value = fromFloat16Bits(bits);
      const back = toFloat16Bits(value);
      return (
        !Object.is(value, definedFloat16(bits)) ||
        !Object.is(fromFloat16Bits(back), value) ||
        !sameUnlessNaN(value, back, bits)
      );
    });
    expect(wrong).toEqual([]);
  });

  it('rounds to the nearest at every boundary between neighbours, ties to the even pattern', () => {
    const wrong = allPatterns.slice(0, 0x7bff).filter((low) => {
      const middle = (definedFloat16(low) + definedFloat16(low + 1)) / 2; // exact in f32
      const step = middle * 2 ** -23; // one or two steps of f32
      return (
        toFloat16Bits(middle) !== (low % 2 === 0 ? low : low + 1) ||
        toFloat16Bits(middle - step) !== low ||
        toFloat16Bits(middle + step) !== low + 1 ||
        toFloat16Bits(-middle - step) !== ((low + 1) | 0x8000)
      );
    });
    expect(wrong).toEqual([]);
  });

  it('meets the hand-made cases', () => {
    const cases: [number, number][] = [
      [0, 0x0000],
      [-0, 0x8000],
      [1, 0x3c00],
      [-2, 0xc000],
      [1 / 3, 0x3555],
      [MAX_FLOAT16, 0x7bff],
      [65519.996, 0x7bff],
      [65520, 0x7c00], // halfway to 2^16 ties to even, which is infinity
      [1e30, 0x7c00],
      [-Infinity, 0xfc00],
      [2 ** -24, 0x0001],
      [2 ** -25, 0x0000],
      [2 ** -25 * 1.0001, 0x0001],
      [2 ** -14, 0x0400],
      [1e-40, 0x0000],
    ];
    for (const [value, bits] of cases) expect(toFloat16Bits(value), `${value}`).toBe(bits);
    const quiet = toFloat16Bits(NaN);
    expect(quiet & 0x7c00).toBe(0x7c00);
    expect(quiet & 0x03ff).not.toBe(0);
  });

  it('is idempotent and monotonic', () => {
    fc.assert(
      fc.property(float32, float32, (a, b) => {
        expect(roundToFloat16(roundToFloat16(a))).toBe(roundToFloat16(a));
        if (a <= b) expect(roundToFloat16(a)).toBeLessThanOrEqual(roundToFloat16(b));
      }),
    );
  });
});

describe('bf16', () => {
  it('decodes all 65,536 patterns as the upper half of an f32, and encodes each back to itself', () => {
    const view = new DataView(new ArrayBuffer(4));
    const wrong = allPatterns.filter((bits) => {
      view.setUint32(0, bits * 65536);
      const value = fromBfloat16Bits(bits);
      const back = toBfloat16Bits(value);
      return (
        !Object.is(value, view.getFloat32(0)) ||
        !Object.is(fromBfloat16Bits(back), value) ||
        !sameUnlessNaN(value, back, bits)
      );
    });
    expect(wrong).toEqual([]);
  });

  it('rounds to the nearest, ties to even', () => {
    fc.assert(
      fc.property(float32, (value) => {
        const exact = float32Bits(value);
        const rounded = toBfloat16Bits(value);
        const error = rounded * 65536 - exact;
        if (Number.isFinite(value)) expect(Math.abs(error)).toBeLessThanOrEqual(0x8000);
        if (Math.abs(error) === 0x8000) expect(rounded & 1).toBe(0);
      }),
    );
    expect(toBfloat16Bits(1 + 2 ** -8)).toBe(0x3f80);
    expect(toBfloat16Bits(1 + 3 * 2 ** -8)).toBe(0x3f82);
    expect(toBfloat16Bits(3.4e38)).toBe(0x7f80);
  });
});

describe('arrays', () => {
  it('are converted element by element, into a given part of a buffer too', () => {
    const values = Float32Array.of(0, -1.5, 0.1, 70000, 3e-6);
    const halves = encodeFloat16(values);
    expect([...halves]).toEqual([...values].map(toFloat16Bits));
    expect([...decodeFloat16(halves)]).toEqual([...halves].map(fromFloat16Bits));
    const brains = encodeBfloat16(values);
    expect([...brains]).toEqual([...values].map(toBfloat16Bits));
    const target = new Float32Array(8).fill(9);
    decodeBfloat16(brains, target.subarray(2));
    expect([...target]).toEqual([9, 9, ...[...brains].map(fromBfloat16Bits), 9]);
  });
});
