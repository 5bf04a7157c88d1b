/**
 * From weights to codes: finds for one group the scale (and bias) whose codes lie nearest to the weights in squared
 * error. Bare round-to-nearest lets the single largest weight dictate the scale; here several ranges are tried, some of
 * which clip that weight, and each is improved by least squares: for given codes q the best scale has a closed form, for
 * a given scale the best codes are the nearest ones, and the two take turns. Scales are rounded to their stored type
 * before they are judged, so what is minimised is the error of the bytes that are kept.
 *
 * Only + − × ÷ and truncation are used: the same weights give the same bytes on every machine. pack.ts lays the bits out.
 */
import { HearthError } from '../lib/errors';
import { invariant } from '../lib/invariant';
import { MAX_FLOAT16, roundToFloat16 } from './float16';
import type { QuantizedFormat } from './format';

/**
 * Levels below zero that the largest weight of a symmetric int4 group is tried on; beyond 8 it is clipped. It gets the
 * negative side, with a negative scale if need be, because only there is a level −8. Neither a grid six times as dense
 * nor the positive side as well lowers the error of Tales by more than 0.06 %.
 */
const SYMMETRIC_INT4_LEVELS = [6.4, 6.7, 7, 7.3, 7.6, 7.9, 8.2, 8.5, 8.8, 9.1, 9.4];

/** The same for int8, where clipping never pays. */
const SYMMETRIC_INT8_LEVELS = [127, 128];

/** Shares of an affine int4 group's range that are cut off at either end before the first codes are made. */
const AFFINE_INT4_CUTS = [-0.02, 0.03, 0.1];

/**
 * Steps away from the best affine fit, to leave its local minimum: the range is stretched by the first number about its
 * middle, then moved by the second, counted in scales. What is left is within 2 % of the error of 324 cuts.
 */
const AFFINE_INT4_STRETCHES = [-0.06, -0.03, 0.03, 0.06];
const AFFINE_INT4_MOVES = [-0.3, 0, 0.3];

/** Rounds of least squares after the best range is known; more change nothing measurable. */
const REFINEMENTS = 3;

/** Sums over a group that give the best scale and bias for its codes, and the error of any. */
interface CodeSums {
  q: number; // Σ q
  qq: number; // Σ q²
  xq: number; // Σ x·q
}

/**
 * Quantises one group at a time. Holds its scratch space, so that a tensor of millions of groups allocates nothing:
 * `fit` finds `scale` and `bias`, `encode` writes the codes that go with them.
 */
export class GroupQuantizer {
  /** The scale last fitted: w ≈ scale · q + bias, already rounded to the stored type. */
  scale = 0;
  /** The bias last fitted; for symmetric formats 0, with q counted from the zero level. */
  bias = 0;

  private readonly low: number; // the lowest level q
  private readonly top: number; // levels above the lowest
  private readonly zeroCode: number; // what is stored for q = 0
  private readonly sums: CodeSums = { q: 0, qq: 0, xq: 0 };
  private readonly x: Float64Array; // the group's weights
  private count = 0;
  private sumX = 0;
  private gain = 0; // how much the fit takes off Σ x²

  constructor(private readonly format: QuantizedFormat) {
    this.top = format.kind === 'int4' ? 15 : 255;
    this.low = format.kind === 'int4' ? (format.affine ? 0 : -8) : -128;
    this.zeroCode = format.kind === 'int4' && !format.affine ? 8 : 0;
    this.x = new Float64Array(format.group);
  }

  /**
   * Fits the scale and bias of weights[start … end).
   * @throws HearthError `bad-file` when a weight is NaN or infinite.
   */
  fit(weights: Float32Array, start: number, end: number): void {
    invariant(end > start && end - start <= this.format.group, 'a group holds between one weight and its full size');
    this.count = end - start;
    this.sumX = 0;
    let min = Infinity;
    let max = -Infinity;
    for (let i = 0; i < this.count; i++) {
      const x = weights[start + i]!;
      this.x[i] = x;
      this.sumX += x;
      if (x < min) min = x;
      if (x > max) max = x;
    }
    if (!Number.isFinite(this.sumX)) {
      throw new HearthError(
        'bad-file',
        'The checkpoint holds a weight that is NaN or infinite; expected finite numbers.',
      );
    }
    this.scale = 0;
    this.bias = 0;
    this.gain = 0;
    if (this.format.affine) this.fitAffine(min, max);
    else this.fitSymmetric(min, max);
  }

  /** Writes the codes of the group last fitted, one per element, into codes[at …). */
  encode(codes: Int8Array, at: number): void {
    if (this.scale === 0) {
      codes.fill(this.zeroCode, at, at + this.count);
      return;
    }
    const inverse = 1 / this.scale;
    const shift = 0.5 - this.low - this.bias * inverse;
    const stored = this.low + this.zeroCode;
    for (let i = 0; i < this.count; i++) {
      const level = this.x[i]! * inverse + shift;
      codes[at + i] = (level <= 0 ? 0 : level >= this.top ? this.top : Math.trunc(level)) + stored;
    }
  }

  private fitSymmetric(min: number, max: number): void {
    const extreme = -min > max ? min : max;
    if (extreme === 0) return;
    const highest = this.low + this.top; // 7 or 127
    this.consider(this.roundScale(Math.abs(extreme) / highest), 0); // bare round-to-nearest: never do worse
    const levels = this.format.kind === 'int4' ? SYMMETRIC_INT4_LEVELS : SYMMETRIC_INT8_LEVELS;
    for (const level of levels) this.improve(-extreme / level, 0);
    this.refine();
  }

  private fitAffine(min: number, max: number): void {
    const range = max - min;
    this.bias = this.roundScale(this.sumX / this.count); // enough when all weights are equal
    this.gain = this.bias * (2 * this.sumX - this.count * this.bias);
    const nearest = this.roundScale(range / this.top);
    this.consider(nearest, this.roundScale(min - this.low * nearest)); // bare round-to-nearest: never do worse
    if (this.format.kind === 'int8') {
      this.refine();
      return;
    }
    for (const cut of AFFINE_INT4_CUTS) this.improve((range * (1 - 2 * cut)) / this.top, min + cut * range);
    this.refine();
    for (const stretch of AFFINE_INT4_STRETCHES) {
      for (const move of AFFINE_INT4_MOVES) {
        this.improve(this.scale * (1 + stretch), this.bias + this.scale * (move - (stretch * this.top) / 2));
      }
    }
    this.refine();
  }

  /** Alternates codes and least squares from the best fit so far, until nothing is gained. */
  private refine(): void {
    for (let round = 0; round < REFINEMENTS; round++) {
      if (!this.improve(this.scale, this.bias)) return;
    }
  }

  /** Makes the codes of (scale, bias), takes the least-squares fit to them, and keeps it when it is better. */
  private improve(scale: number, bias: number): boolean {
    if (!this.sum(scale, bias)) return false;
    const { q, qq, xq } = this.sums;
    if (!this.format.affine) return qq > 0 && this.keep(this.roundScale(xq / qq), 0);
    const determinant = this.count * qq - q * q;
    if (determinant <= 0) return false;
    const best = this.roundScale((this.count * xq - q * this.sumX) / determinant);
    return this.keep(best, this.roundScale((this.sumX - best * q) / this.count));
  }

  /** Makes the codes of (scale, bias) and keeps that pair as it is when it is better. */
  private consider(scale: number, bias: number): void {
    if (this.sum(scale, bias)) this.keep(scale, bias);
  }

  /** Keeps (scale, bias) for the present sums when Σ (x − scale·q − bias)² falls by more than it did so far. */
  private keep(scale: number, bias: number): boolean {
    const { q, qq, xq } = this.sums;
    const gain = 2 * (scale * xq + bias * this.sumX - scale * bias * q) - scale * scale * qq - this.count * bias * bias;
    if (!(gain > this.gain)) return false;
    this.gain = gain;
    this.scale = scale;
    this.bias = bias;
    return true;
  }

  /** Sums over the codes nearest to the weights under (scale, bias); false when that scale has no codes. */
  private sum(scale: number, bias: number): boolean {
    const inverse = 1 / scale;
    const shift = 0.5 - this.low - bias * inverse;
    if (!Number.isFinite(inverse) || !Number.isFinite(shift)) return false;
    const { x, count, low, top } = this;
    let sumQ = 0;
    let sumQQ = 0;
    let sumXQ = 0;
    for (let i = 0; i < count; i++) {
      const weight = x[i]!;
      const level = weight * inverse + shift;
      const q = (level <= 0 ? 0 : level >= top ? top : Math.trunc(level)) + low;
      sumQ += q;
      sumQQ += q * q;
      sumXQ += weight * q;
    }
    this.sums.q = sumQ;
    this.sums.qq = sumQQ;
    this.sums.xq = sumXQ;
    return true;
  }

  /** Rounds a scale or bias to the type it is stored in; f16 saturates instead of becoming infinite. */
  private roundScale(value: number): number {
    if (this.format.scale === 'f32') return Math.fround(value);
    return roundToFloat16(value > MAX_FLOAT16 ? MAX_FLOAT16 : value < -MAX_FLOAT16 ? -MAX_FLOAT16 : value);
  }
}
