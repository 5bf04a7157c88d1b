import { IDBFactory } from 'fake-indexeddb';
import { expect, it } from 'vitest';
import { HostStore } from './hosts';

const HUB = 'https://hub.example';

it('what is kept of a host lasts, each part by itself', async () => {
  const factory = new IDBFactory();
  const hosts = new HostStore(factory);
  expect([await hosts.isAllowed(HUB), await hosts.tokenFor(HUB), await hosts.list()]).toEqual([false, null, []]);
  await hosts.setToken(HUB, 'secret');
  expect(await hosts.isAllowed(HUB)).toBe(false);
  await hosts.allow(HUB);
  const later = new HostStore(factory);
  expect([await later.isAllowed(HUB), await later.tokenFor(HUB)]).toEqual([true, 'secret']);
  expect(await later.list()).toEqual([{ origin: HUB, isAllowed: true, hasToken: true }]);
  expect(await later.tokenFor('https://other.example')).toBeNull();
  await later.setToken(HUB, null);
  expect([await hosts.isAllowed(HUB), await hosts.tokenFor(HUB)]).toEqual([true, null]);
  expect(await hosts.list()).toEqual([{ origin: HUB, isAllowed: true, hasToken: false }]);
});

it('a host that is forgotten may not be asked, has no token, and is nobody’s business any more', async () => {
  const hosts = new HostStore(new IDBFactory());
  await hosts.allow(HUB);
  await hosts.setToken(HUB, 'secret');
  await hosts.allow('https://other.example');
  await hosts.forget(HUB);
  expect([await hosts.isAllowed(HUB), await hosts.tokenFor(HUB)]).toEqual([false, null]);
  expect(await hosts.list()).toEqual([{ origin: 'https://other.example', isAllowed: true, hasToken: false }]);
});

it('a token that is taken back leaves nothing of a host that was never allowed', async () => {
  const hosts = new HostStore(new IDBFactory());
  await hosts.setToken(HUB, 'secret');
  await hosts.setToken(HUB, null);
  expect(await hosts.list()).toEqual([]);
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
  expect([await hosts.isAllowed(HUB), await hosts.tokenFor(HUB), await hosts.list()]).toEqual([false, null, []]);
  await expect(hosts.forget(HUB)).rejects.toThrow(/denied/);
  await expect(hosts.setToken(HUB, 'secret')).rejects.toThrow(/denied/);
});
