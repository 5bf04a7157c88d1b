/** How models come, stay, and fail to come. What does not depend on the device runs in one of the two browsers only. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type * as Hearth from '../src/client';
import { ChatPage } from './chat-page';
import { expect, shellIsStored, test } from './support/test';

/** Enough in one browser. */
const once = { tag: '@adapter' };

test('a second visit answers with the network cut', async ({ page, context }) => {
  const chat = new ChatPage(page);
  await page.goto('/');
  await chat.ask('What is 7 + 5?');
  await chat.answered();
  await shellIsStored(page);
  await context.setOffline(true);
  await page.reload();
  await chat.ask('What is 7 + 5?');
  await chat.answered();
  await expect(chat.messagesOf('Tales').last()).toContainText('12');
});

test('a second visit fetches no weights', once, async ({ page }) => {
  const chat = new ChatPage(page);
  await page.goto('/');
  await chat.ask('Hello');
  await chat.answered();
  const fetched: string[] = [];
  page.on('request', (request) => {
    if (request.url().includes('/models/')) fetched.push(request.url());
  });
  await page.reload();
  await chat.ask('Hello');
  await chat.answered();
  expect(fetched).toEqual([]);
});

test('the address selects model and text, and downloads nothing without a click', once, async ({ page }) => {
  const chat = new ChatPage(page);
  const fetched: string[] = [];
  page.context().on('request', (request) => {
    if (request.url().includes('/models/')) fetched.push(request.url());
  });
  await page.goto('/?model=tales-draft&q=Who%20are%20you%3F');
  await expect(chat.message).toHaveValue('Who are you?');
  const download = page.getByRole('button', { name: /^Download [\d.]+ MB$/ });
  await expect(download).toBeVisible();
  await page.waitForLoadState('networkidle');
  expect(fetched).toEqual([]);
  await download.click();
  await expect(download).toBeHidden();
  await chat.send.click();
  await chat.answered();
  await expect(chat.messagesOf('Tales Draft')).not.toBeEmpty();
  expect(fetched.length).toBeGreaterThan(0);
});

test('an unknown model is said so, with the default one click away and nothing typed lost', once, async ({ page }) => {
  const chat = new ChatPage(page);
  await page.goto('/?model=tails&q=What%20is%207%20%2B%205%3F');
  await expect(chat.alert).toContainText('There is no model "tails" in the catalog; it has tales');
  await page.getByRole('button', { name: 'Use Tales' }).click();
  await expect(chat.alert).toBeHidden();
  await expect(chat.message).toHaveValue('What is 7 + 5?');
  await chat.send.click();
  await chat.answered();
  await expect(chat.messagesOf('Tales').last()).toContainText('12');
  await page.reload(); // what was chosen counts, not what the address once named
  await expect(chat.messagesOf('Tales').last()).toContainText('12');
  await expect(chat.alert).toBeHidden();
  expect(new URL(page.url()).search).toBe('');
});

test('HTML where a model should be is said so, and mended by the next try', once, async ({ page }) => {
  const chat = new ChatPage(page);
  const html = { status: 200, contentType: 'text/html', body: '<!doctype html><title>Sign in</title>' };
  await page.context().route('**/models/tales/**', (route) => route.fulfill(html));
  await page.goto('/');
  await chat.ask('What is 7 + 5?');
  await chat.alert.waitFor();
  await expect(chat.alert).toContainText(/HTML/);
  await expect(chat.messagesOf('You')).toHaveCount(1);
  await page.context().unroute('**/models/tales/**');
  await chat.alert.getByRole('button').click();
  await chat.answered();
  await expect(chat.messagesOf('Tales').last()).toContainText('12');
});

test('a page that imports /hearth.js has a model of its own', async ({ page }) => {
  await page.goto('/');
  const told = await page.evaluate(async (url) => {
    const { loadModel, version } = (await import(url)) as typeof Hearth;
    const model = await loadModel('tales', { contextLength: 256 });
    let text = '';
    let stats;
    for await (const chunk of model.chat([{ role: 'user', content: 'What is 7 + 5?' }], { temperature: 0 })) {
      text += chunk.text;
      stats = chunk.stats;
    }
    const ids = await model.tokenize('Hello');
    let stopped = '';
    for await (const chunk of model.complete('Once upon a time', { temperature: 0 })) {
      stopped += chunk.text;
      if (stopped.length > 10) break;
    }
    const { label, contextLength, parameterCount } = model;
    await model.dispose();
    return {
      text,
      tokens: stats?.completionTokens,
      ids,
      stopped: stopped.length > 10,
      label,
      contextLength,
      parameterCount,
      version,
    };
  }, '/hearth.js');
  expect(told).toMatchObject({
    text: '7 + 5 = 12.',
    ids: [1181],
    stopped: true,
    label: 'Tales',
    contextLength: 256,
    version: '0.1.0',
  });
});

test('a connection that breaks is said so, and the next try answers', once, async ({ page, context }) => {
  const chat = new ChatPage(page);
  await page.goto('/');
  await shellIsStored(page);
  await context.setOffline(true);
  await page.goto('/?model=tales-draft&q=Hello');
  await chat.send.click();
  await chat.alert.waitFor(); // after a few tries with pauses between them
  await expect(chat.alert).toContainText(/connection/i);
  await context.setOffline(false);
  await chat.alert.getByRole('button', { name: 'Try again' }).click();
  await chat.answered();
  await expect(chat.messagesOf('Tales Draft')).not.toBeEmpty();
});

test(
  'where nothing can be stored the model answers from memory, and the page says so',
  once,
  async ({ page, baseURL }) => {
    const chat = new ChatPage(page);
    const browser = await page.context().newCDPSession(page);
    await browser.send('Storage.overrideQuotaForOrigin', {
      origin: new URL(baseURL ?? '').origin,
      quotaSize: 1_000_000,
    });
    await page.goto('/');
    await chat.ask('What is 7 + 5?');
    await chat.answered();
    await expect(chat.messagesOf('Tales').last()).toContainText('12');
    await expect(page.getByText(/did not let Tales be stored/)).toBeVisible();
  },
);

test('a message longer than the context comes back to be shortened', once, async ({ page }) => {
  const chat = new ChatPage(page);
  const long = 'word '.repeat(1500).trim();
  await page.goto('/');
  await chat.ask(long);
  await chat.alert.waitFor();
  await expect(chat.alert).toContainText('the context has 1024');
  await chat.alert.getByRole('button', { name: 'Start a new chat' }).click();
  await expect(chat.message).toHaveValue(long);
  await expect(chat.conversation).toBeEmpty();
});

test('a page of another site that imports /hearth.js is told why it cannot', once, async ({ page, baseURL }) => {
  const otherSite = createServer((_, response) => response.end('<!doctype html><title>Elsewhere</title>'));
  await new Promise<void>((listening) => otherSite.listen(0, '127.0.0.1', listening));
  await page.goto(`http://127.0.0.1:${(otherSite.address() as AddressInfo).port}`);
  const message = await page.evaluate(async (url) => {
    const { loadModel } = (await import(url)) as typeof Hearth;
    return loadModel('tales').then(
      () => 'loaded',
      (error: Error) => error.message,
    );
  }, `${baseURL}/hearth.js`);
  otherSite.close();
  expect(message).toContain('a cross-origin page cannot start its worker');
});
