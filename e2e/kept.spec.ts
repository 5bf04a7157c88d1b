/** What promises about keeping are worth: a tab that is killed at any moment, and everything deleted at once. */
import type { Page } from '@playwright/test';
import { ChatPage, dogPrompt } from './chat-page';
import { richAnswer } from './support/many-chats';
import { useScriptedEngine } from './support/scripted-engine';
import { expect, test } from './support/test';

/** Enough in one browser. */
const once = { tag: '@adapter' };
const isDeep = process.env['HEARTH_DEEP'] === '1';

/** The promise is a second; the rest is for the write itself, on a machine that is busy with other things. */
const LOSS_MS = 1500;

/** What was to be read on the screen, and when. */
interface Seen {
  atMs: number;
  answer: string;
  typed: string;
}

/** Watches the page frame by frame from outside, so that what it showed is known after it was killed. */
async function watch(page: Page): Promise<Seen[]> {
  const seen: Seen[] = [];
  await page.exposeFunction(
    'seen',
    (answer: string, typed: string) => void seen.push({ atMs: Date.now(), answer, typed }),
  );
  await page.addInitScript(() => {
    const tell = () => {
      const answer = document.querySelector('.message-assistant')?.textContent ?? '';
      const typed = document.querySelector<HTMLTextAreaElement>('.composer textarea')?.value ?? '';
      (window as unknown as { seen: (answer: string, typed: string) => void }).seen(answer, typed);
      setTimeout(tell, 50);
    };
    addEventListener('DOMContentLoaded', tell);
  });
  return seen;
}

async function kill(page: Page): Promise<void> {
  const session = await page.context().newCDPSession(page);
  const crashed = page.waitForEvent('crash');
  void session.send('Page.crash').catch(() => {}); // nobody is left to answer it
  await crashed;
}

test.describe('a tab that is killed at any moment', () => {
  test.use({ serviceWorkers: 'block' }); // it would answer for the network, and the engine is exchanged there

  for (let turn = 0; turn < (isDeep ? 24 : 3); turn++) {
    test(`loses at most the last second of what was answered and typed, ${turn + 1}`, once, async ({ context }) => {
      const lifeMs = 300 + Math.random() * 4000;
      test.info().annotations.push({ type: 'killed after', description: `${Math.round(lifeMs)} ms` });
      const text = richAnswer.replaceAll(/[`*|$#>\\_-]/g, ' ').replaceAll(/\s+/g, ' '); // as written is as shown
      const page = await context.newPage();
      const seen = await watch(page);
      await useScriptedEngine(page, { text: text.repeat(3), tokensPerSecond: 80, contextLength: 8192 });
      const chat = new ChatPage(page);
      await page.goto('/');
      await chat.ask(dogPrompt);
      await chat.begun('Tales');
      const typing = chat.message.pressSequentially('and then they all went home, '.repeat(20), { delay: 40 });
      typing.catch(() => {}); // the page dies under it
      await page.waitForTimeout(lifeMs);
      const killedMs = Date.now();
      await kill(page);

      const next = await context.newPage();
      await useScriptedEngine(next, { text, tokensPerSecond: 80, contextLength: 8192 });
      const after = new ChatPage(next);
      await next.goto('/');
      await next.getByRole('button', { name: 'Tell me a story about a dog', exact: true }).click();
      await expect(after.messagesOf('You')).toHaveText([dogPrompt]);
      const due = seen.filter(({ atMs }) => atMs <= killedMs - LOSS_MS).at(-1);
      if (due?.answer) await expect(next.locator('.message-assistant')).toContainText(due.answer.trim());
      if (due?.typed) await expect(after.message).toHaveValue(new RegExp(`^${due.typed}`));
    });
  }
});

test('everything is deleted in all tabs, also what is being answered there', once, async ({ page, context }) => {
  const first = new ChatPage(page);
  const second = new ChatPage(await context.newPage());
  for (const { page: tab } of [second, first]) await tab.goto('/');
  await second.ask(dogPrompt);
  await second.begun('Tales');
  await first.ask(dogPrompt); // which waits: the other tab has the engine
  for (const chat of [second, first]) await chat.message.fill('half a secret');
  await page.goto('/#/settings');
  await page.getByRole('button', { name: 'Delete everything' }).click();
  await page.getByRole('button', { name: 'Delete everything now' }).click();
  await page.waitForURL('/');
  await expect(first.conversation).toBeEmpty();
  await expect(second.conversation).toBeEmpty();
  await expect(second.message).toHaveValue('');
  await page.waitForTimeout(3000); // whoever would still write has written
  for (const { page: tab } of [first, second]) expect(await textsKept(tab)).not.toMatch(/dog|secret/);
});

/** All that a page of this origin finds on the machine, besides models and the shell. */
function textsKept(page: Page): Promise<string> {
  return page.evaluate(async () => {
    const open = (name: string) =>
      new Promise<IDBDatabase>((resolve, reject) => {
        const request = indexedDB.open(name);
        request.onsuccess = () => resolve(request.result);
        request.onerror = () => reject(request.error);
      });
    const rowsOf = (database: IDBDatabase, store: string) =>
      new Promise<unknown[]>((resolve) => {
        const request = database.transaction(store).objectStore(store).getAll();
        request.onsuccess = () => resolve(request.result);
      });
    const kept: unknown[] = [Object.entries(localStorage), Object.entries(sessionStorage)];
    const database = await open('hearth-chats');
    for (const store of database.objectStoreNames) kept.push(await rowsOf(database, store));
    database.close();
    return JSON.stringify(kept);
  });
}
