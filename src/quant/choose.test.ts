import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { MatrixMeasurement, MatrixRole } from './choose';
import {
  chooseFormats,
  DEFAULT_INT4,
  DEFAULT_INT8,
  MAX_INT8_SHARE,
  measureInt4Error,
  MIN_INT4_WEIGHTS,
} from './choose';

const matrix = (name: string, role: MatrixRole, weights: number, relativeError = 0.0066): MatrixMeasurement => ({
  name,
  role,
  weights,
  relativeError,
});

/** Layers of the shape of Llama: qkv, o, gate_up, down. */
const layers = (count: number, unit = 1e6): MatrixMeasurement[] =>
  Array.from({ length: count }, (_, layer) => [
    matrix(`${layer}.qkv`, 'attention', 2 * unit),
    matrix(`${layer}.o`, 'attention', unit),
    matrix(`${layer}.gate_up`, 'feed-forward', 6 * unit),
    matrix(`${layer}.down`, 'feed-forward', 3 * unit),
  ]).flat();

const int8Names = (measurements: MatrixMeasurement[]): string[] =>
  [...chooseFormats(measurements)].filter(([, format]) => format === DEFAULT_INT8).map(([name]) => name);

const measurements = fc.uniqueArray(
  fc.record({
    name: fc.string({ minLength: 1, maxLength: 4 }),
    role: fc.constantFrom<MatrixRole>('embedding', 'attention', 'feed-forward', 'head'),
    weights: fc.integer({ min: MIN_INT4_WEIGHTS, max: 1e9 }),
    relativeError: fc.double({ min: 0, max: 0.1, noNaN: true }),
  }),
  { selector: ({ name }) => name, maxLength: 40 },
);

describe('chooseFormats', () => {
  it('names every matrix once and keeps int8 within its share', () => {
    fc.assert(
      fc.property(measurements, (all) => {
        const formats = chooseFormats(all);
        expect([...formats.keys()]).toEqual(all.map(({ name }) => name));
        const total = all.reduce((sum, { weights }) => sum + weights, 0);
        const int8 = all.filter(({ name }) => formats.get(name) === DEFAULT_INT8);
        expect(int8.reduce((sum, { weights }) => sum + weights, 0)).toBeLessThanOrEqual(total * MAX_INT8_SHARE);
        for (const format of formats.values()) expect([DEFAULT_INT4, DEFAULT_INT8]).toContain(format);
      }),
    );
  });

  it('leaves out only what does not fit any more', () => {
    fc.assert(
      fc.property(measurements, (all) => {
        const formats = chooseFormats(all);
        const total = all.reduce((sum, { weights }) => sum + weights, 0);
        const used = all.reduce(
          (sum, { name, weights }) => sum + (formats.get(name) === DEFAULT_INT8 ? weights : 0),
          0,
        );
        const passedOver = all.filter(({ name }) => formats.get(name) === DEFAULT_INT4);
        for (const { weights } of passedOver)
          expect(used + weights).toBeGreaterThan(Math.floor(total * MAX_INT8_SHARE));
      }),
    );
  });

  it('takes the first layers, attention before feed-forward, when all errors are alike', () => {
    const all = [...layers(8), matrix('embedding', 'embedding', 20e6)]; // 116 million weights: room for 11, not for the embedding
    expect(int8Names(all)).toEqual(['0.qkv', '0.o', '0.down', '1.qkv', '1.o', '2.qkv']);
  });

  it('takes a head, or an embedding that is the head as well, when it fits', () => {
    const tied = [matrix('embedding', 'embedding', 30e6), ...layers(40)];
    expect(int8Names(tied)).toContain('embedding');
    const untied = [...tied, matrix('head', 'head', 30e6)];
    expect(int8Names(untied)).toContain('head');
    expect(int8Names(untied)).not.toContain('embedding');
  });

  it('takes a matrix with an unusual error before its neighbours', () => {
    const all = layers(20);
    const late = all.find(({ name }) => name === '15.down')!;
    expect(int8Names(all)).not.toContain(late.name);
    late.relativeError *= 4;
    expect(int8Names(all)).toContain(late.name);
  });

  it('takes everything of a very small model', () => {
    const all = layers(2, MIN_INT4_WEIGHTS / 24); // 24 units make two layers
    expect(int8Names(all)).not.toHaveLength(all.length);
    all[0]!.weights -= 1;
    expect(int8Names(all)).toHaveLength(all.length);
  });

  it('refuses two matrices of one name', () => {
    expect(() => chooseFormats([matrix('a', 'head', 1), matrix('a', 'head', 1)])).toThrow('unique names');
  });
});

describe('measureInt4Error', () => {
  it('is the squared error relative to the squared weights, whatever their scale', () => {
    const sample = Float32Array.from({ length: 2 * 40 }, (_, i) => ((i * 37) % 101) / 50 - 1);
    const error = measureInt4Error(sample, 2, 40);
    expect(error).toBeGreaterThan(1e-3);
    expect(error).toBeLessThan(2e-2);
    expect(
      measureInt4Error(
        sample.map((weight) => weight / 1024),
        2,
        40,
      ),
    ).toBeCloseTo(error, 4);
    const withOutliers = sample.map((weight, i) => (i % 20 === 0 ? 30 * weight : weight));
    expect(
      measureInt4Error(
        withOutliers.map((w) => w * 1),
        2,
        40,
      ),
    ).not.toBe(error);
    expect(measureInt4Error(new Float32Array(64), 2, 32)).toBe(0);
  });
});
