import { IDBFactory } from 'fake-indexeddb';
import { expect, it } from 'vitest';
import { HostStore } from './hosts';

const HUB = 'https://hub.example';

it('what is kept of a host lasts, each part by itself', async () => {
  const factory = new IDBFactory();
  const hosts = new HostStore(factory);
  expect([await hosts.isAllowed(HUB), await hosts.tokenFor(HUB), await hosts.tokenOrigins()]).toEqual([
    false,
    null,
    [],
  ]);
  await hosts.setToken(HUB, 'secret');
  expect(await hosts.isAllowed(HUB)).toBe(false);
  await hosts.allow(HUB);
  const later = new HostStore(factory);
  expect([await later.isAllowed(HUB), await later.tokenFor(HUB)]).toEqual([true, 'secret']);
  expect(await later.tokenOrigins()).toEqual([HUB]);
  expect(await later.tokenFor('https://other.example')).toBeNull();
  await later.setToken(HUB, null);
  expect([await hosts.isAllowed(HUB), await hosts.tokenFor(HUB), await hosts.tokenOrigins()]).toEqual([true, null, []]);
});

it('two changes at a time are both kept', async () => {
  const hosts = new HostStore(new IDBFactory());
  await Promise.all([hosts.allow(HUB), hosts.setToken(HUB, 'secret')]);
  expect([await hosts.isAllowed(HUB), await hosts.tokenFor(HUB)]).toEqual([true, 'secret']);
});

it('where nothing may be stored nobody is allowed, and storing says so', async () => {
  const closed = {
    open: () => {
      throw new DOMException('Access is denied.', 'SecurityError');
    },
  } as unknown as IDBFactory;
  const hosts = new HostStore(closed);
  expect([await hosts.isAllowed(HUB), await hosts.tokenFor(HUB), await hosts.tokenOrigins()]).toEqual([
    false,
    null,
    [],
  ]);
  await expect(hosts.setToken(HUB, 'secret')).rejects.toThrow(/denied/);
});
