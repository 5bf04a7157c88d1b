/** What the built page is before any model answers: isolated, installable, there without a network, importable. */
import { expect, shellIsStored, test } from './support/test';

test('the page is isolated and says its name', async ({ page }) => {
  await page.goto('/');
  await expect(page).toHaveTitle(/Hearth/);
  expect(await page.evaluate(() => crossOriginIsolated)).toBe(true);
});

test('the manifest makes it installable', async ({ page, request }) => {
  await page.goto('/');
  const href = await page.locator('link[rel=manifest]').getAttribute('href');
  const manifest = await (await request.get(href ?? '')).json();
  expect(manifest).toMatchObject({ name: 'Hearth', display: 'standalone', start_url: '/' });
  for (const { src, sizes, type } of manifest.icons) {
    const icon = await request.get(src);
    expect([src, icon.status(), icon.headers()['content-type']?.split(';')[0]]).toEqual([src, 200, type]);
    const size = await page.evaluate(async (url) => {
      const image = new Image();
      image.src = url;
      await image.decode();
      return `${image.naturalWidth}x${image.naturalHeight}`;
    }, src);
    if (sizes !== 'any') expect([src, size]).toEqual([src, sizes]);
  }
});

test('after one visit it reloads with the network cut, still isolated', async ({ page, context }) => {
  await page.goto('/');
  await shellIsStored(page);
  await context.setOffline(true);
  await page.goto('/?model=tales&q=hello');
  await expect(page).toHaveTitle(/Hearth/);
  await expect(page.getByRole('textbox', { name: 'Message' })).toBeVisible();
  expect(await page.evaluate(() => crossOriginIsolated)).toBe(true);
});

test('the stored shell holds no model', async ({ page }) => {
  await page.goto('/');
  await shellIsStored(page);
  const stored = await page.evaluate(async () => {
    const caches = await Promise.all((await window.caches.keys()).map((name) => window.caches.open(name)));
    const requests = await Promise.all(caches.map((cache) => cache.keys()));
    return requests.flat().map(({ url }) => new URL(url).pathname);
  });
  expect(stored).toContain('/index.html');
  expect(stored).toContain('/hearth.js');
  expect(stored.filter((path) => path.startsWith('/models/'))).toEqual([]);
});

test('a missing model file is a 404, with and without the service worker', async ({ page, tolerate }) => {
  tolerate(/404/);
  const statusOf = (path: string) => page.evaluate(async (url) => (await fetch(url)).status, path);
  await page.goto('/');
  expect(await statusOf('/models/none/config.json')).toBe(404);
  await shellIsStored(page);
  await page.reload();
  expect(await page.evaluate(() => navigator.serviceWorker.controller !== null)).toBe(true);
  expect(await statusOf('/models/none/config.json')).toBe(404);
  expect((await page.goto('/models/none/config.json'))?.status()).toBe(404);
});

test('/hearth.js gives loadModel to another page', async ({ page }) => {
  await page.goto('/');
  const exported = await page.evaluate(async (url) => typeof (await import(url)).loadModel, '/hearth.js');
  expect(exported).toBe('function');
});

test('WebGPU is there in software', { tag: '@adapter' }, async ({ page }) => {
  await page.goto('/');
  expect(await page.evaluate(async () => (await navigator.gpu.requestAdapter()) !== null)).toBe(true);
});

test('no adapter is a browser with WebGPU and nothing behind it', { tag: '@no-adapter' }, async ({ page }) => {
  await page.goto('/');
  expect(await page.evaluate(async () => (await navigator.gpu?.requestAdapter()) ?? null)).toBe(null);
});
