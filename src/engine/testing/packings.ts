/** Ways to pack the matrices of a model for tests: all alike, as the golden roundings, as shipped, or one of each. */
import { present } from '../../lib/invariant';
import { chooseFormats, measureInt4Error } from '../../quant/choose';
import type { MatrixRole } from '../../quant/choose';
import type { PackedFormat, PackedMatrix } from '../../quant/format';
import { packGolden } from '../../quant/golden-roundings';
import type { GoldenRounding } from '../../quant/golden-roundings';
import { packRows } from '../../quant/pack';
import type { WeightSpec } from '../../weights/spec';

/** One tensor as the forward wants it, in plain numbers. */
export interface SourceMatrix {
  name: string;
  role: WeightSpec['role'];
  values: Float32Array<ArrayBuffer>; // [rows][width]
  rows: number;
  width: number;
}

/** Packs all matrices of a model, by name. */
export type Packing = (matrices: readonly SourceMatrix[]) => ReadonlyMap<string, PackedMatrix>;

/** Every matrix in the format that `formatOf` gives it. */
function packEach(matrices: readonly SourceMatrix[], formatOf: (name: string, index: number) => PackedFormat) {
  return new Map(
    matrices.map(({ name, values, rows, width }, index) => {
      return [name, packRows(values, rows, width, formatOf(name, index))];
    }),
  );
}

/** Every matrix in one format. */
export function uniform(format: PackedFormat): Packing {
  return (matrices) => packEach(matrices, () => format);
}

/** The formats in turn, so that a small model visits many decoders. */
export function inTurn(formats: readonly PackedFormat[]): Packing {
  return (matrices) => packEach(matrices, (_, index) => present(formats[index % formats.length], 'a format'));
}

/** As the golden vectors were computed: projections rounded, the embedding (and a head) in 16 bits as it was trained. */
export function goldenRounding(rounding: GoldenRounding): Packing {
  return (matrices) =>
    new Map(
      matrices.map(({ name, role, values, rows, width }) => {
        const rounded = role === 'attention' || role === 'feed-forward';
        const packed = rounded
          ? packGolden(rounding, values, rows, width)
          : packRows(values, rows, width, { kind: 'bf16' });
        return [name, packed];
      }),
    );
}

/** As models are shipped: mostly int4, int8 where that saves the most. */
export const shipped: Packing = (matrices) => {
  const formats = chooseFormats(
    matrices.map(({ name, role, values, rows, width }) => ({
      name,
      role: role as MatrixRole,
      weights: rows * width,
      relativeError: measureInt4Error(values, rows, width),
    })),
  );
  return packEach(matrices, (name) => present(formats.get(name), name));
};
