import { IDBFactory } from 'fake-indexeddb';
import { expect, it } from 'vitest';
import { openTuningStore } from './tuning-store';

it('keeps one record over visits, in a database of its own', async () => {
  const factory = new IDBFactory();
  const store = openTuningStore(factory);
  expect(await store.read()).toBeUndefined();
  const record = { device: 'card', isOn: true, decisions: { a: { variant: 'b', gain: 1.2, refused: [] } } };
  await store.write(record);
  await store.write({ ...record, isOn: false });
  expect(await openTuningStore(factory).read()).toEqual({ ...record, isOn: false });
  expect((await factory.databases()).map(({ name }) => name)).toEqual(['hearth-tuning']);
});
