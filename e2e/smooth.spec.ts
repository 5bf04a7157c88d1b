/**
 * The page stays smooth, however long the conversation and the list: no task of its main thread takes over 50 ms of CPU. A
 * scripted engine answers, faster than most devices and with room for 10,000 tokens; how fast a real one is judged elsewhere.
 */
import type { Page } from '@playwright/test';
import { ChatPage } from './chat-page';
import { sayMainThread, traceMainThread, type MainThread } from './support/main-thread';
import { exportOf, longChat, manyChats, richAnswer } from './support/many-chats';
import { useScriptedEngine } from './support/scripted-engine';
import { expect, test } from './support/test';

test.use({
  serviceWorkers: 'block', // it would answer for the network, and the engine is exchanged there
  trace: 'off', // Playwright's own looks into the page while it works
});

/** Enough in one browser. */
const once = { tag: '@adapter' };

/** About 10,000 tokens. */
const LONG_EXCHANGES = 19;

async function importChats(page: Page, file: ReturnType<typeof exportOf>): Promise<void> {
  await page.getByRole('button', { name: 'Import and export' }).click();
  const [chooser] = await Promise.all([
    page.waitForEvent('filechooser'),
    page.getByRole('menuitem', { name: 'Import chats…' }).click(),
  ]);
  await chooser.setFiles(file);
}

function expectSmooth(name: string, thread: MainThread): void {
  sayMainThread(name, thread);
  expect(thread.count, 'tasks in the trace').toBeGreaterThan(20);
  expect.soft(thread.long, name).toEqual([]);
}

test('a long answer at the end of a conversation of 10,000 tokens', once, async ({ page, browser }) => {
  await useScriptedEngine(page, { text: richAnswer.repeat(4), tokensPerSecond: 200, contextLength: 32_768 });
  const chat = new ChatPage(page);
  await page.goto('/');
  await importChats(page, exportOf([longChat(LONG_EXCHANGES)]));
  await expect(page.getByText('1 chat imported.')).toBeVisible();
  const row = page.getByRole('button', { name: 'A long conversation', exact: true });
  const answers = page.getByRole('log').getByRole('article', { name: 'Assistant' });

  expectSmooth(
    'opening',
    await traceMainThread(browser, page, async () => {
      await row.click();
      await expect(answers).toHaveCount(LONG_EXCHANGES);
      await expect(answers.first().getByRole('table')).toBeAttached();
      await page.waitForTimeout(1000);
    }),
  );
  expectSmooth(
    'scrolling',
    await traceMainThread(browser, page, async () => {
      await answers.last().hover();
      for (let turn = 0; turn < 60; turn++) {
        await page.mouse.wheel(0, turn < 40 ? -600 : 1200);
        await page.waitForTimeout(16);
      }
    }),
  );
  expectSmooth(
    'typing',
    await traceMainThread(browser, page, async () => {
      await chat.message.pressSequentially('What of a list that is sorted already, and of one that is not? ', {
        delay: 20,
      });
      await page.waitForTimeout(1000);
    }),
  );
  expectSmooth(
    'answering',
    await traceMainThread(browser, page, async () => {
      await chat.send.click();
      await chat.answered();
      await page.waitForTimeout(500);
    }),
  );
});

test('a list of a thousand chats', once, async ({ page, browser }) => {
  await page.goto('/');
  const list = page.getByRole('navigation', { name: 'Chats' });
  expectSmooth(
    'importing',
    await traceMainThread(browser, page, async () => {
      await importChats(page, exportOf(manyChats(1000)));
      await expect(page.getByText('1,000 chats imported.')).toBeVisible({ timeout: 60_000 });
      await page.waitForTimeout(500);
    }),
  );
  expectSmooth(
    'starting',
    await traceMainThread(browser, page, async () => {
      await page.reload();
      await expect(list.getByRole('button', { name: 'Chat number 1', exact: true })).toBeVisible();
      await page.waitForTimeout(1000);
    }),
  );
  expectSmooth(
    'scrolling the list',
    await traceMainThread(browser, page, async () => {
      await list.getByRole('button', { name: 'Chat number 1', exact: true }).hover();
      for (let turn = 0; turn < 60; turn++) {
        await page.mouse.wheel(0, 800);
        await page.waitForTimeout(16);
      }
      await page.waitForTimeout(500);
    }),
  );
  expectSmooth(
    'searching',
    await traceMainThread(browser, page, async () => {
      await page
        .getByRole('searchbox', { name: 'Search chats' })
        .pressSequentially('pivot from its end', { delay: 60 });
      await expect(list.getByRole('status')).toHaveText('1,000 chats found');
    }),
  );
});
