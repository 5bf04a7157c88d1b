/** In which frames of other sites Hearth runs, what it may do there, and what each site has of it for itself. */
import type { Server } from 'node:http';
import { createStaticServer, listen } from '../scripts/serve.mjs';
import { HostPage } from './support/host-page';
import { inProfile } from './support/profile';
import { expect, test as base } from './support/test';

const inOne = { tag: '@adapter' };
const isolated = { 'Cross-Origin-Opener-Policy': 'same-origin', 'Cross-Origin-Embedder-Policy': 'require-corp' };

// Playwright switches the partitioning of storage off; the last of such switches counts, so here it is as people have it.
base.use({
  launchOptions: async ({ launchOptions }, use) => {
    await use({
      ...launchOptions,
      args: [...(launchOptions.args ?? []), '--disable-features=HttpsUpgrades,Translate'],
    });
  },
});

const test = base.extend<{ host: HostPage }>({
  async host({ page, baseURL }, use) {
    const host = new HostPage(page, baseURL!);
    await use(host);
    await host.close();
  },
});

for (const { name, body = '', headers = {}, isIsolated } of [
  { name: 'an isolated page', headers: isolated, isIsolated: true },
  { name: 'a frame without credentials', body: '<iframe credentialless></iframe>', isIsolated: false },
  {
    name: 'a sandbox with an origin',
    body: '<iframe sandbox="allow-scripts allow-same-origin"></iframe>',
    isIsolated: false,
  },
]) {
  test(`it answers in ${name}`, inOne, async ({ page, host }) => {
    await host.open({ body, headers });
    expect(await page.evaluate(() => crossOriginIsolated)).toBe(isIsolated);
    const connecting = host.connect();
    await host.allow();
    expect(await connecting).toBe('connected');
    expect(await host.ask('What is 7 + 5?')).toBe('7 + 5 = 12.');
    expect(await page.frames()[1]!.evaluate(() => crossOriginIsolated)).toBe(isIsolated);
  });
}

test('in a sandbox without an origin it says why not, to the person and to the page', inOne, async ({ host }) => {
  await host.open({ body: '<iframe sandbox="allow-scripts"></iframe>' });
  expect(await host.connect()).toBe('insecure-context');
  await expect(host.frame.getByText(/allow-same-origin/)).toBeVisible();
});

test(
  'where the owner has not listed a site, the browser keeps the frame from it',
  inOne,
  async ({ page, tolerate }) => {
    tolerate(/frame-ancestors|ERR_BLOCKED_BY_RESPONSE/);
    const server: Server = createStaticServer({
      root: 'dist',
      site: { connect: [], embedders: ['https://a.example'] },
    });
    const host = new HostPage(page, await listen(server, 0));
    await host.open();
    await page.clock.install();
    const connecting = host.connect();
    await page.waitForEvent('console', (message) => message.text().includes('frame-ancestors'));
    await page.clock.runFor(60_000);
    expect(await connecting).toBe('network');
    await host.close();
    server.closeAllConnections();
    await new Promise((closed) => server.close(closed));
  },
);

test('no page but the frame’s is shown by another site', inOne, async ({ page, host, tolerate }) => {
  tolerate(/frame-ancestors|ERR_BLOCKED_BY_RESPONSE/);
  const refused = page.waitForEvent('console', (message) => message.text().includes("frame-ancestors 'none'"));
  await host.open({ body: `<iframe src="${host.hearth}/"></iframe>` });
  await refused;
  await expect(host.frame.getByRole('textbox')).toHaveCount(0);
});

test(
  'what one site was allowed, and what it keeps, is neither another’s nor Hearth’s own',
  inOne,
  async ({ playwright, launchOptions, baseURL }) => {
    await inProfile({ playwright, launchOptions }, async (page) => {
      const host = new HostPage(page, baseURL!);
      const keys = () => Object.keys(localStorage);
      await host.open();
      const connecting = host.connect();
      await host.allow();
      expect(await connecting).toBe('connected');
      expect(await page.frames()[1]!.evaluate(keys)).not.toEqual([]);

      await host.open({}, 'elsewhere.localhost');
      const asking = host.connect();
      await expect(host.frame.getByRole('heading')).toContainText('elsewhere.localhost');
      expect(await page.frames()[1]!.evaluate(keys)).toEqual([]);
      await host.frame.getByRole('button', { name: 'Not now' }).click();
      expect(await asking).toBe('refused');

      await page.goto(`${host.hearth}/favicon.svg`);
      expect(await page.evaluate(keys)).toEqual([]);
      await host.open(); // the first site finds what it had
      expect(await host.connect()).toBe('connected');
      await host.close();
    });
  },
);
