/**
 * What goes wrong around the page, in a real browser: the graphics processor lost, the disk full, no network, a newer build, nothing
 * kept, a thread that does not start. Each is said in a plain sentence, has its next move as a button, and loses nothing.
 */
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Page } from '@playwright/test';
import { createStaticServer } from '../scripts/serve.mjs';
import { ChatPage, dogPrompt } from './chat-page';
import { inProfile } from './support/profile';
import { expect, shellIsStored, test } from './support/test';

/** None of it asks for more than one browser. */
const inOne = { tag: '@adapter' };
const sum = 'What is 7 + 5?';

test(
  'a graphics processor that is lost in mid-answer is a line, and the answer goes on',
  inOne,
  async ({ page, browser }) => {
    const chat = new ChatPage(page);
    await page.goto('/');
    await chat.ask(dogPrompt);
    await chat.begun('Tales');
    const session = await browser.newBrowserCDPSession();
    await session.send('Browser.crashGpuProcess');
    await expect(page.getByText('The graphics processor was lost. Tales goes on as soon as it is back')).toBeVisible();
    const before = await chat.messagesOf('Tales').textContent();
    await chat.answered();
    await expect(chat.alert).toBeHidden();
    const after = (await chat.messagesOf('Tales').textContent()) ?? '';
    expect(after.startsWith(before?.trim() ?? '')).toBe(true);
    expect(after.length).toBeGreaterThan(before?.length ?? 0);
    await chat.ask(sum);
    await expect(chat.messagesOf('Tales').last()).toContainText('12');
  },
);

test(
  'a full disk is said so of model and chats, and both are stored when there is room',
  inOne,
  async ({ page, context, baseURL }) => {
    const chat = new ChatPage(page);
    const session = await context.newCDPSession(page);
    const origin = baseURL ?? '';
    await session.send('Storage.overrideQuotaForOrigin', { origin, quotaSize: 1 });
    await page.goto('/');
    await chat.ask(sum);
    await chat.answered();
    await expect(page.getByText(/^The disk is full: what you write now is not kept\./)).toBeVisible();
    await expect(page.getByText(/^This browser did not let Tales be stored/)).toBeVisible();

    await session.send('Storage.overrideQuotaForOrigin', { origin });
    const storeAgain = page.getByRole('button', { name: 'Try storing again' });
    await storeAgain.click();
    await expect(storeAgain).toBeHidden();
    const storeModel = page.getByRole('button', { name: 'Store Tales' });
    await storeModel.click();
    await expect(storeModel).toBeHidden();
    await expect(page.getByRole('progressbar')).toBeHidden();
    await page.reload();
    await expect(chat.messagesOf('Tales')).toContainText('12');
    await expect(storeModel).toBeHidden();
  },
);

test('without a network what is here goes on, and what is not says what it needs', inOne, async ({ page, context }) => {
  const chat = new ChatPage(page);
  const banner = page.getByText(/^You are offline\./);
  await page.goto('/');
  await expect(page.getByRole('textbox', { name: 'Message' })).toBeVisible();
  await shellIsStored(page);
  await chat.ask(sum);
  await chat.answered();
  await context.setOffline(true);
  await expect(banner).toBeVisible();
  await chat.regenerate.click();
  await expect(chat.messagesOf('Tales')).toContainText('12');
  await context.setOffline(false);
  await expect(banner).toBeHidden();
  await page.goto('/?model=tales-draft');
  await expect(page.getByText('Tales Draft is not on this machine yet.')).toBeVisible();
  await context.setOffline(true);
  await expect(
    page.getByText('Tales Draft is not on this machine yet, and getting it needs the network.'),
  ).toBeVisible();
  await page.getByRole('button', { name: /^Download/ }).click();
  await expect(chat.alert).toContainText('The connection failed.');
  await context.setOffline(false);
  await chat.alert.getByRole('button', { name: 'Try again' }).click();
  await expect(chat.alert).toBeHidden();
  await expect(page.getByPlaceholder('Write to Tales Draft')).toBeVisible();
  await expect(page.getByRole('progressbar')).toBeHidden();
});

test('a newer build waits for the answer, then for the person', inOne, async ({ page }) => {
  let build = '';
  const dist = createStaticServer({ root: 'dist' });
  const serviceWorker = await readFile('dist/service-worker.js', 'utf8');
  const server = http.createServer((request, response) => {
    if (request.url !== '/service-worker.js') return void dist.emit('request', request, response);
    response.writeHead(200, { 'Content-Type': 'text/javascript', 'Cache-Control': 'no-store' });
    response.end(serviceWorker + build);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  try {
    const chat = new ChatPage(page);
    const restart = page.getByRole('button', { name: 'Restart Hearth' });
    await page.goto(`http://localhost:${(server.address() as AddressInfo).port}/`);
    await shellIsStored(page);
    await page.reload();
    await chat.ask(dogPrompt);
    await chat.begun('Tales');
    build = '\n// another build';
    await page.evaluate(async () => (await navigator.serviceWorker.ready).update());
    await expect(page.getByText('It can start when the answer is finished.')).toBeVisible();
    await expect(restart).toBeHidden();
    await chat.stop.click();
    await chat.answered();
    await chat.message.fill('A thought that is not lost');
    const reloaded = page.waitForEvent('load');
    await restart.click();
    await reloaded;
    await expect(chat.messagesOf('You')).toHaveText([dogPrompt]);
    await expect(chat.message).toHaveValue('A thought that is not lost');
    await expect(restart).toBeHidden();
    expect(await page.evaluate(async () => (await navigator.serviceWorker.ready).waiting)).toBeNull();
  } finally {
    server.closeAllConnections();
    server.close();
  }
});

test(
  'a browser that keeps nothing says so, and answers all the same',
  inOne,
  async ({ playwright, launchOptions, baseURL }) => {
    // As a person does it: "block all cookies" refuses every kind of storage.
    const preferences = { profile: { default_content_setting_values: { cookies: 2 } } };
    const use = async (page: Page) => {
      const chat = new ChatPage(page);
      await page.goto('/');
      await expect(page.getByText(/^This browser keeps nothing for this page/)).toBeVisible();
      await chat.ask(sum);
      await chat.answered();
      await expect(chat.messagesOf('Tales')).toContainText('12');
      await page.goto('/#/diagnostics');
      await expect(page.getByText('Nothing can be kept on this machine: chats end with the tab.')).toBeVisible();
    };
    await inProfile({ playwright, launchOptions, baseURL }, use, preferences);
  },
);

test(
  'a thread that does not start says so, and the next try answers what was asked',
  inOne,
  async ({ page, context, tolerate }) => {
    tolerate(/503/);
    const chat = new ChatPage(page);
    const script = '**/workers/engine.worker/*.js';
    await context.route(script, (route) => route.fulfill({ status: 503 }));
    await page.goto('/');
    await chat.ask(sum);
    await expect(chat.alert).toContainText('The engine thread stopped');
    await context.unroute(script);
    await chat.alert.getByRole('button', { name: 'Try again' }).click();
    await expect(chat.messagesOf('Tales')).toContainText('12');
    await expect(chat.messagesOf('You')).toHaveText([sum]);
  },
);
