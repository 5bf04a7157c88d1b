/** Servers elsewhere in the page: entered, asked, chosen for a chat, in trouble, and forgotten. */
import { AxeBuilder } from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import {
  beginEvents,
  chunk,
  sendEvent,
  sendJson,
  serve,
  type Answering,
  type TestServer,
} from '../src/remote/testing/openai-server';
import { ChatPage } from './chat-page';
import { expect, test } from './support/test';

/** None of it depends on the device. */
const inOne = { tag: '@no-adapter' };
const key = 'secret';

/** How the server answers, by the words it is asked with. */
const answers: Record<string, Answering> = {
  async 'Tell me more.'(_, response) {
    beginEvents(response);
    sendEvent(response, chunk({ content: 'Once upon a time' }));
    await new Promise((ended) => response.on('close', ended)); // until somebody stops it
  },
  'Break off.'(_, response) {
    beginEvents(response);
    sendEvent(response, chunk({ content: 'It began' }));
    setTimeout(() => response.destroy(), 200);
  },
};

const sayHello: Answering = (_, response) => {
  beginEvents(response);
  sendEvent(response, chunk({ reasoning_content: 'Somebody greets me.' }));
  for (const content of ['Good ', 'evening.']) sendEvent(response, chunk({ content }));
  sendEvent(response, chunk({}, 'stop'));
  sendEvent(response, { choices: [], usage: { prompt_tokens: 9, completion_tokens: 4 } });
  sendEvent(response, '[DONE]');
  response.end();
};

/** A server that lets every page in, and every request with the key. */
async function start(): Promise<TestServer> {
  return serve(async (asked, response) => {
    response.setHeader('Access-Control-Allow-Origin', '*');
    response.setHeader('Access-Control-Allow-Headers', 'authorization, content-type');
    if (asked.method === 'OPTIONS') return void response.end();
    if (asked.headers.authorization !== `Bearer ${key}`)
      return sendJson(response, 401, { error: { message: 'No such key.' } });
    if (asked.path === '/v1/models') return sendJson(response, 200, { data: [{ id: 'llama3' }, { id: 'qwen3' }] });
    const { messages } = asked.body as { messages: { content: string }[] };
    await (answers[messages.at(-1)?.content ?? ''] ?? sayHello)(asked, response);
  });
}

async function addServer(page: Page, url: string, withKey: string): Promise<void> {
  await page.goto('/#/models');
  await page.getByLabel('Address of the server').fill(url);
  await page.getByLabel('Key, if it asks for one').fill(withKey);
  await page.getByRole('button', { name: 'Add and ask for its models' }).click();
}

/** Chooses who answers, as a person does beside the composer. */
async function choose(page: Page, model: string): Promise<void> {
  await page.getByRole('button', { name: /Choose who answers/ }).click();
  await page.getByRole('menuitemradio', { name: model, exact: true }).click();
}

test('a server answers the chats it is chosen for, and no other', inOne, async ({ page, tolerate }) => {
  tolerate(/127\.0\.0\.1/); // the browser notes what is refused or broken off
  const server = await start();
  const host = new URL(server.url).host;
  const author = `llama3 at ${host}`;
  const chat = new ChatPage(page);
  const card = page.getByRole('listitem', { name: host, exact: true });
  const chats = () => server.asked.filter(({ method, path }) => method === 'POST' && path === '/v1/chat/completions');

  // A wrong key is told, and the right one takes its place.
  await addServer(page, server.url, 'wrong');
  await expect(card.getByRole('alert')).toContainText('No such key.');
  await addServer(page, server.url, key);
  await expect(card.getByText('2 models · With a key')).toBeVisible();
  await expect(page.getByLabel('Key, if it asks for one')).toHaveValue('');
  expect(await page.content()).not.toContain(key);

  // A chat of this device sends nothing there, until the person has said yes to all of it.
  await page.goto('/#/');
  await chat.ask('What is 7 + 5?');
  await chat.answered();
  expect(chats()).toEqual([]);
  await choose(page, 'llama3');
  const dialog = page.getByRole('dialog', { name: `Send this chat to ${host}?` });
  await dialog.getByRole('button', { name: 'Leave it as it is' }).click();
  await choose(page, 'llama3');
  await dialog.getByRole('button', { name: `Send it to ${host}` }).click();
  await chat.ask('Hello');
  await expect(chat.messagesOf(author)).toContainText('Good evening.');
  await expect(chat.statistics).toHaveText(/4 tokens$/);
  await expect(chat.conversation).toContainText(`Answered by ${author}`);
  await expect(chat.conversation).toContainText('Answered by Tales on this device');
  expect(chats()).toHaveLength(1);
  expect((await new AxeBuilder({ page }).analyze()).violations).toEqual([]);

  // It can be stopped; what breaks off says so and can be tried again.
  await chat.ask('Tell me more.');
  await expect(chat.messagesOf(author).last()).toContainText('Once upon a time');
  await chat.stop.click();
  await expect(page.getByText('Stopped here.')).toBeVisible();
  await expect.poll(server.brokenOff).toBe(1);
  await chat.ask('Break off.');
  await expect(chat.alert).toContainText('broke off');
  await expect(chat.messagesOf(author).last()).toContainText('It began');

  // A reload keeps the chat with its server, and the server with its models.
  await page.reload();
  await expect(chat.messagesOf(author)).toHaveCount(3);
  await expect(page.getByText(`What you write here goes to ${host}, a program on this device.`)).toBeVisible();
  await choose(page, 'qwen3');
  await chat.ask('Hello');
  await expect(chat.messagesOf(`qwen3 at ${host}`)).toContainText('Good evening.');
  await page.getByRole('button', { name: 'Answer with Tales' }).click();
  const asked = chats().length;
  await chat.ask('What is 7 + 5?');
  await chat.answered();
  expect(chats()).toHaveLength(asked);

  // Forgotten, with its key.
  await page.goto('/#/models');
  await card.getByRole('button', { name: `Remove ${host}` }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Remove' }).click();
  await expect(card).toHaveCount(0);
  server.close();
});

test.describe('in German', () => {
  test.use({ locale: 'de-DE', viewport: { width: 390, height: 780 } });

  test(
    'a server that cannot be reached is told with what to do, and open to all',
    inOne,
    async ({ page, tolerate }) => {
      tolerate(/127\.0\.0\.1/);
      const server = await start();
      server.close();
      await page.goto('/#/models');
      await page.getByLabel('Adresse des Servers').fill('kein Server');
      await page.getByRole('button', { name: 'Hinzufügen und nach Modellen fragen' }).click();
      await expect(page.getByText('Erwartet wird eine Adresse wie http://localhost:11434')).toBeVisible();
      await page.getByLabel('Adresse des Servers').fill(server.url.replace('http://', ''));
      await page.getByRole('button', { name: 'Hinzufügen und nach Modellen fragen' }).click();
      const alert = page.getByRole('alert');
      await expect(alert).toContainText('Der Server ist nicht zu erreichen oder hat abgebrochen.');
      await alert.getByText('Wenn der Server läuft, muss er diese Seite einlassen').click();
      await expect(alert).toContainText(`OLLAMA_ORIGINS=${new URL(page.url()).origin} ollama serve`);
      expect((await new AxeBuilder({ page }).analyze()).violations).toEqual([]);
    },
  );
});
