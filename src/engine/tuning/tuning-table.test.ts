/** What is known of a device's kernels, and how it is kept. */
import { describe, expect, it, vi } from 'vitest';
import type { ProductKey } from '../../kernels/product-variants';
import { nameOf, TuningTable } from './tuning-table';
import type { TuningRecord } from './tuning-table';

vi.mock('../../kernels/product-variants', () => ({ productVariants: () => variants }));

const variants = [16, 32, 64].map((workgroup) => ({
  kernel: 'direct' as const,
  workgroup,
  outputsPerThread: 4,
  rowsPerThread: 1,
  whole: false,
}));
const [usual, other] = variants.map((variant) => nameOf(variant)) as [string, string];
const key: ProductKey = {
  decoder: 'int4',
  width: 96,
  outputs: 32,
  rows: 1,
  result: 'products',
  activations: 'f32',
  normed: false,
  lanes: 8,
  quads: false,
};
const point = nameOf(key);

function storeOf(found: unknown) {
  const written: TuningRecord[] = [];
  const store = { read: async () => found, write: async (record: TuningRecord) => void written.push(record) };
  return { store, written };
}
const recordOf = (device: string, variant: string, isOn = true) => ({
  device,
  isOn,
  decisions: { [point]: { variant, gain: 1.5, refused: [] } },
});
const chosen = async (found: unknown, device = 'card') =>
  (await TuningTable.open(storeOf(found).store, device)).choose(key);

describe('the table of tuned kernels', () => {
  it('chooses what was measured to be fastest, and the default of what was not', async () => {
    const { store, written } = storeOf(undefined);
    const table = await TuningTable.open(store, 'card');
    expect(table.choose(key)).toBe(variants[0]);
    table.decide(point, { variant: other, gain: 1.5, refused: [] });
    expect(table.choose(key)).toBe(variants[1]);
    expect(table.choose({ ...key, rows: 4 })).toBe(variants[0]);
    expect(written).toEqual([recordOf('card', other)]);
    expect(await chosen(structuredClone(written[0]))).toBe(variants[1]);
  });

  it('believes nothing of another device, of kernels that are no more, or that is damaged', async () => {
    expect(await chosen(recordOf('card', other))).toBe(variants[1]);
    expect(await chosen(recordOf('card', other), 'another card')).toBe(variants[0]);
    expect(await chosen(recordOf('card', 'workgroup=7'))).toBe(variants[0]);
    const { device, decisions } = recordOf('card', other);
    for (const found of [null, 7, 'x', [], {}, { device }, { decisions }, { device, decisions: { [point]: {} } }]) {
      expect(await chosen(found)).toBe(variants[0]);
    }
    const broken = {
      read: () => Promise.reject(new Error('no storage')),
      write: () => Promise.reject(new Error('no')),
    };
    const table = await TuningTable.open(broken, 'card');
    table.decide(point, { variant: other, gain: 1.5, refused: [] });
    expect(table.choose(key)).toBe(variants[1]);
  });

  it('switched off, everything has its default, on the next visit and on another device too', async () => {
    const { store, written } = storeOf(recordOf('card', other));
    const table = await TuningTable.open(store, 'card');
    table.switchOn(false);
    expect(table.choose(key)).toBe(variants[0]);
    const kept = written.at(-1);
    expect((await TuningTable.open(storeOf(kept).store, 'another card')).isOn).toBe(false);
    const again = await TuningTable.open(storeOf(kept).store, 'card');
    expect(again.choose(key)).toBe(variants[0]);
    again.switchOn(true);
    expect(again.choose(key)).toBe(variants[1]); // nothing was forgotten
  });

  it('forgets all when it is told to', async () => {
    const { store, written } = storeOf(recordOf('card', other));
    const table = await TuningTable.open(store, 'card');
    table.clear();
    expect(table.choose(key)).toBe(variants[0]);
    expect(table.report()).toEqual({ isOn: true, points: [] });
    expect(written.at(-1)).toEqual({ device: 'card', isOn: true, decisions: {} });
  });

  it('records with whatever a trial picks, and only for as long as that lasts', async () => {
    const table = await TuningTable.open(storeOf(recordOf('card', other)).store, 'card');
    const seen: string[] = [];
    table.recordWith(
      (name, _, all) => {
        seen.push(name);
        return all.at(-1)!;
      },
      () => expect(table.choose(key)).toBe(variants[2]),
    );
    expect(seen).toEqual([point]);
    expect(table.choose(key)).toBe(variants[1]);
    expect(usual).not.toBe(other);
  });
});
