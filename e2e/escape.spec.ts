/** Nothing leaves: no thread and no page reaches a host that nobody has chosen, whatever runs in it. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { ChatPage } from './chat-page';
import { type Elsewhere, startElsewhere } from './support/elsewhere';
import { HostPage } from './support/host-page';
import { expect, shellIsStored, test } from './support/test';
import { type Place, tryWaysOut } from './support/ways-out';

const inOne = { tag: '@adapter' };
/** What the browser says of the ways that a test tries. */
const refusals = /Content Security Policy|violates|WebTransport|ERR_|Failed to (fetch|load)|NetworkError|404/i;

/** The scripts of all threads that the built page starts. */
const threads = readdirSync('dist/workers', { recursive: true, encoding: 'utf8' })
  .map((path) => `/workers/${path.replaceAll('\\', '/')}`)
  .filter((path) => path.endsWith('.js'));

let elsewhere: Elsewhere;
/** The proxy that all requests go through but those to this machine. */
let outside: Elsewhere;

test.use({
  launchOptions: async ({ launchOptions }, use) => {
    outside = await startElsewhere();
    const proxy = `--proxy-server=127.0.0.1:${new URL(outside.origin).port}`;
    // Chrome has them from 152 on, and the tests should say so of an older one too.
    const features = '--enable-features=ConnectionAllowlists,OverrideConnectionAllowlistOriginTrial';
    await use({ ...launchOptions, args: [...(launchOptions.args ?? []), proxy, features] });
    await outside.close();
  },
});

test.beforeEach(async () => void (elsewhere = await startElsewhere()));
test.afterEach(() => elsewhere.close());

/** Whatever runs there, the browser stops it; where it does so without a word, `silent` names the ways. */
async function expectNoWayOut(place: Place, silent: string[] = []): Promise<void> {
  const stoppedBy = await tryWaysOut(place, elsewhere.origin);
  const unstopped = Object.keys(stoppedBy).filter((way) => stoppedBy[way] === null);
  expect([place.url(), unstopped]).toEqual([place.url(), silent]);
  expect([place.url(), elsewhere.requests]).toEqual([place.url(), []]);
}

test('a page without headers finds every way out', inOne, async ({ page, tolerate }) => {
  tolerate(/./);
  await page.goto(elsewhere.origin.replace('elsewhere', 'plain'));
  elsewhere.requests.length = 0;
  const ways = Object.keys(await tryWaysOut(page, elsewhere.origin, 100));
  const reached = () => ways.filter((way) => !elsewhere.requests.some((request) => request.endsWith(`/${way}`)));
  await expect.poll(reached).toEqual(['web-transport']); // there is no server for that
});

test('no page, no thread', inOne, async ({ page, context, tolerate }) => {
  tolerate(refusals);
  await page.goto('/');
  await shellIsStored(page);
  expect(threads.length).toBeGreaterThanOrEqual(3);
  await Promise.all(
    threads.map(async (path) => {
      const [worker] = await Promise.all([
        page.waitForEvent('worker', (started) => started.url().endsWith(path)),
        page.evaluate((url) => void new Worker(url, { type: 'module' }), path),
      ]);
      // The network thread may use https, because that is where models are; to whom, its own code decides.
      await expectNoWayOut(worker, path.includes('/import.worker/') ? ['web-transport'] : []);
    }),
  );
  for (const worker of context.serviceWorkers()) await expectNoWayOut(worker);
  await expectNoWayOut(page);
  const [inner] = await Promise.all([
    page.waitForEvent('frameattached'),
    page.evaluate(() => document.body.append(document.createElement('iframe'))),
  ]);
  await expectNoWayOut(inner);
});

test('no frame in another site', inOne, async ({ page, baseURL, tolerate }) => {
  tolerate(refusals);
  const host = new HostPage(page, baseURL!);
  await host.open({ body: `<iframe src="${host.hearth}/embed.html"></iframe>` });
  const inner = page.frames()[1]!;
  expect(inner.url()).toBe(`${host.hearth}/embed.html`);
  await expectNoWayOut(inner);
  await host.close();
});

test('no peer', inOne, async ({ page }) => {
  const peer = createSocket('udp4').bind(0, '127.0.0.1');
  await once(peer, 'listening');
  let packets = 0;
  peer.on('message', () => packets++);
  const call = () =>
    page.evaluate(async (port) => {
      try {
        const connection = new RTCPeerConnection({ iceServers: [{ urls: `stun:127.0.0.1:${port}` }] });
        connection.createDataChannel('secrets');
        await connection.setLocalDescription(await connection.createOffer());
        return 'called';
      } catch (error) {
        return error instanceof DOMException ? error.name : 'failed';
      }
    }, peer.address().port);
  await page.goto(elsewhere.origin);
  expect(await call()).toBe('called');
  await expect.poll(() => packets).toBeGreaterThan(0);
  await page.goto('/');
  expect(await call()).toBe('NotAllowedError');
  peer.close();
});

test('a whole visit asks nobody but the host of the page', inOne, async ({ page }) => {
  // The browser's maker hears from the browser itself, whatever page is open.
  const asked = () => outside.requests.filter((request) => !/^CONNECT [\w.-]+\.google(apis)?\.com:443$/.test(request));
  await page.goto('http://control.example/');
  expect(asked()).toContain('GET http://control.example/');
  await page.goto('about:blank');
  outside.requests.length = 0;

  const hosts = new Set<string>();
  page.context().on('request', (request) => hosts.add(new URL(request.url()).host));
  await page.goto('/');
  const chat = new ChatPage(page);
  await chat.ask('What is 7 + 5?');
  await chat.answered();
  await shellIsStored(page);
  await page.reload();
  await expect(chat.messagesOf('Tales')).toContainText('12');
  for (const screen of ['Models', 'Batch', 'Settings', 'Diagnostics', 'Benchmark']) {
    await page.getByRole('link', { name: screen, exact: true }).click();
    await page.getByRole('heading', { name: screen, exact: true }).waitFor();
  }
  await page.getByRole('button', { name: 'Run the benchmark' }).click();
  await page.getByRole('status').filter({ hasText: 'Measuring' }).waitFor();
  await page.getByRole('button', { name: 'Stop' }).click();
  await page.getByRole('button', { name: 'Run the benchmark' }).waitFor();
  expect([...hosts]).toEqual([new URL(page.url()).host]);
  expect(asked()).toEqual([]);
});
