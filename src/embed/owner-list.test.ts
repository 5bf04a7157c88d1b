import { describe, expect, it } from 'vitest';
import { assertOwnerAllows } from './owner-list';

const check = (origin: string, list: unknown) => assertOwnerAllows(origin, async () => Response.json(list));

describe('the list of the owner', () => {
  it.each([
    ['https://host.example', ['*']],
    ['https://host.example', ['https://other.example', 'https://host.example']],
    ['https://host.example', ['https://host.example:443']],
    ['http://host.example:8080', ['http://host.example:8080']],
    ['http://host.example:8080', ['http://host.example:*']],
    ['https://a.b.host.example', ['https://*.host.example']],
  ])('lets %s in by %j', async (origin, list) => {
    await expect(check(origin, list)).resolves.toBeUndefined();
  });

  it.each([
    ['https://host.example', []],
    ['https://host.example', ['https://other.example']],
    ['https://host.example', ['http://host.example']],
    ['https://host.example', ['https://host.example:8443']],
    ['https://host.example', ['https://*.host.example']],
    ['https://evilhost.example', ['https://*.host.example']],
    ['https://host.example.evil.example', ['https://host.example', 'https://*.host.example']],
    ['https://hostxexample', ['https://host.example']],
    ['https://host.example', ['host.example', "'self'", 'https:', '']],
  ])('keeps %s out by %j', async (origin, list) => {
    await expect(check(origin, list)).rejects.toMatchObject({
      code: 'refused',
      message: expect.stringContaining(origin) as string,
    });
  });

  it.each<[string, () => Promise<Response>]>([
    ['is missing', async () => new Response('', { status: 404 })],
    ['is no list', async () => Response.json({ origins: ['*'] })],
    ['is no JSON', async () => new Response('*')],
    ['cannot be fetched', () => Promise.reject(new TypeError('Failed to fetch'))],
  ])('lets nobody in when it %s', async (_, fetchList) => {
    await expect(assertOwnerAllows('https://host.example', fetchList)).rejects.toMatchObject({
      code: 'refused',
      hint: expect.stringContaining('embed-origins.json') as string,
    });
  });
});
