/** Hearth in a page of another site: who may use it there, for how long, and in which frames. */
import type * as Hearth from '../src/client';
import { axeFindings, smallTargets } from './support/open-to-all';
import { type HostFixture, type HostWindow, withHost } from './support/host-page';
import { test as withProfile } from './support/kept-storage';
import { expect, test as inPrivate } from './support/test';

const test = withProfile.extend<HostFixture>(withHost);
const privately = inPrivate.extend<HostFixture>(withHost);

test(
  'a page of another site asks the model when the person has allowed it',
  { tag: '@no-adapter' },
  async ({ page, host }) => {
    await host.open();
    const connecting = host.connect();
    await expect(host.frame.getByRole('heading')).toHaveText(/^localhost:\d+ would like to ask Tales on this machine$/);
    await expect(host.frame.getByText('12.5 MB')).toBeVisible();
    await expect(host.frame.getByRole('button', { name: 'Allow' })).toBeEnabled();
    expect(await axeFindings(page)).toEqual([]);
    await host.allow();
    expect(await connecting).toBe('connected');
    await expect(page.locator('iframe')).toBeHidden();
    expect(await host.ask('What is 7 + 5?')).toBe('7 + 5 = 12.');
    const { limits } = await host.status();
    await expect(host.ask('Hello', { n: limits.concurrentAnswers + 1 })).rejects.toThrow('400');
  },
);

test('a yes is remembered until it is taken back, and a no is a no', { tag: '@no-adapter' }, async ({ page, host }) => {
  await host.open();
  const connecting = host.connect();
  await host.allow();
  await connecting;
  await host.open();
  expect(await host.connect()).toBe('connected');
  await page.evaluate(() => (window as unknown as HostWindow).connection.showFrame());
  await host.pressLast('No longer allow it');
  expect(await host.closedBy()).toBe('refused');
  await expect(page.locator('iframe')).toHaveCount(0);
  const again = host.connect();
  await host.pressLast('Not now');
  expect(await again).toBe('refused');
  await expect(page.locator('iframe')).toHaveCount(0);
});

test('what runs for a page ends with it', { tag: '@no-adapter' }, async ({ page, host }) => {
  await host.open();
  const connecting = host.connect();
  await host.allow();
  await connecting;
  await host.beginStory();
  const frame = page.frames().find((one) => one.url().startsWith(host.hearth))!;
  const running = () =>
    frame.evaluate(async (url) => {
      const { hearth } = (await import(url)) as typeof Hearth;
      return (await hearth.engineStats()).map(({ running }) => running);
    }, '/hearth.js');
  expect(await running()).toEqual([1]);
  await page.evaluate(() => {
    const { connection } = window as unknown as HostWindow;
    document.querySelector('iframe')!.remove = () => {}; // what ends it is the port, not the frame
    connection.close();
  });
  await expect.poll(running).toEqual([]);

  expect(page.workers()).not.toEqual([]);
  await page.goto('about:blank');
  await expect.poll(() => page.workers()).toEqual([]);
});

test('<hearth-chat> is a chat that the page sees nothing of', { tag: '@no-adapter' }, async ({ page, host }) => {
  await host.open({ body: '<hearth-chat model="tales" theme="dark"></hearth-chat>' });
  await expect(host.frame.getByRole('heading')).toContainText('offers a chat with Tales');
  await host.allow();
  await host.frame.getByRole('textbox', { name: 'Message' }).fill('What is 7 + 5?');
  await host.frame.getByRole('button', { name: 'Send' }).click();
  await expect(host.frame.getByRole('article', { name: 'Tales' })).toHaveText('7 + 5 = 12.', { timeout: 90_000 });
  await expect(host.frame.getByRole('status')).toContainText('tok/s');
  expect(await axeFindings(page)).toEqual([]);
  await page.locator('hearth-chat').evaluate((chat) => chat.setAttribute('theme', 'light'));
  await expect(host.frame.locator('html')).toHaveAttribute('data-theme', 'light');
  expect(await axeFindings(page)).toEqual([]);

  await host.frame.getByRole('button', { name: 'About' }).click();
  await expect(host.frame.getByText('sees nothing of this chat')).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(host.frame.getByText('sees nothing of this chat')).toBeHidden();
  await host.frame.getByRole('button', { name: 'Clear' }).click();
  await host.frame.getByRole('button', { name: 'Tell me a story about a dog.' }).click();
  await expect(host.frame.getByRole('article', { name: 'Tales' })).toContainText(/\w+ \w+ \w+/);
  await host.frame.getByRole('button', { name: 'Stop' }).click();
  await expect(host.frame.getByRole('button', { name: 'Send' })).toBeVisible();
  expect(await smallTargets(page)).toEqual([]);
});

const ISOLATED = { 'Cross-Origin-Opener-Policy': 'same-origin', 'Cross-Origin-Embedder-Policy': 'require-corp' };

for (const { name, body, headers } of [
  { name: 'an isolated page', body: '', headers: ISOLATED },
  { name: 'a plain frame', body: '<iframe></iframe>', headers: {} },
  { name: 'a credentialless frame', body: '<iframe credentialless></iframe>', headers: {} },
  { name: 'a credentialless frame of an isolated page', body: '<iframe credentialless></iframe>', headers: ISOLATED },
  {
    name: 'a sandbox that leaves the origin',
    body: '<iframe sandbox="allow-scripts allow-same-origin"></iframe>',
    headers: {},
  },
]) {
  test(`answers in ${name}`, { tag: '@no-adapter' }, async ({ host }) => {
    await host.open({ body, headers });
    const connecting = host.connect();
    await host.allow();
    expect(await connecting).toBe('connected');
    expect(await host.ask('What is 7 + 5?')).toBe('7 + 5 = 12.');
  });
}

privately('answers in a browser that gives frames no storage', { tag: '@no-adapter' }, async ({ host }) => {
  await host.open();
  const connecting = host.connect();
  await expect(host.frame.getByText('It is fetched anew at every visit.')).toBeVisible();
  await host.allow();
  expect(await connecting).toBe('connected');
  expect(await host.ask('What is 7 + 5?')).toBe('7 + 5 = 12.');
});

test('says why it cannot in a sandbox without an origin', { tag: '@no-adapter' }, async ({ host }) => {
  await host.open({ body: '<iframe sandbox="allow-scripts"></iframe>' });
  expect(await host.connect()).toBe('insecure-context');
  await expect(host.frame.getByText('Hearth cannot run in this frame.')).toBeVisible();
  await expect(host.frame.getByText('allow-same-origin')).toBeVisible();
});

test('answers only its own host, and only if the owner lets it', { tag: '@no-adapter' }, async ({ page, host }) => {
  // A neighbour greets the frame before its host does.
  await host.open({ body: '<iframe id="hearth"></iframe>' });
  const answered = await page.evaluate(async (hearth) => {
    const frame = document.querySelector<HTMLIFrameElement>('#hearth')!;
    const hello = new Promise((resolve) => window.addEventListener('message', resolve, { once: true }));
    frame.src = `${hearth}/embed.html`;
    await hello;
    const neighbour = document.createElement('iframe');
    document.body.append(neighbour);
    const greet = neighbour.contentWindow!.document.createElement('script');
    greet.textContent = `
      const { port1, port2 } = new MessageChannel();
      window.heard = [];
      port1.onmessage = ({ data }) => heard.push(data);
      const greeting = { hearth: 'connect', version: 1, use: 'ask', model: 'tales', theme: 'system' };
      parent.frames[0].postMessage(greeting, '*', [port2]);`;
    neighbour.contentWindow!.document.head.append(greet);
    await new Promise((resolve) => setTimeout(resolve, 500));
    return (neighbour.contentWindow as unknown as { heard: unknown[] }).heard;
  }, host.hearth);
  expect(answered).toEqual([]);
  await expect(host.frame.locator('main')).toHaveCount(0);

  await page.route('**/embed-origins.json', (route) => route.fulfill({ json: ['https://friend.example'] }));
  await host.open();
  expect(await host.connect()).toBe('refused');
});

test('/hearth.js says to a page of another site where to turn', { tag: '@no-adapter' }, async ({ page, host }) => {
  await host.open();
  const told = await page.evaluate(async (hearth) => {
    const { loadModel, hearth: client } = (await import(`${hearth}/hearth.js`)) as typeof Hearth;
    const error = await loadModel('tales').catch((error: Hearth.HearthError) => error);
    const response = await client.fetch('https://hearth.local/v1/models');
    return [error instanceof Error && `${error.message} ${'hint' in error && error.hint}`, await response.text()];
  }, host.hearth);
  for (const text of told) expect(text).toContain(`${host.hearth}/embed.js`);
});
