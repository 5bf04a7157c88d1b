/** Chats as a person lives with them: kept, found, named, branched, deleted and brought back, in one tab and in two. */
import { readFile } from 'node:fs/promises';
import { AxeBuilder } from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import { ChatPage, dogPrompt } from './chat-page';
import { expect, test } from './support/test';

/** Enough in one browser: keeping chats does not depend on the device. */
const once = { tag: '@adapter' };

const sum = 'What is 7 + 5?';
const sumTitle = 'What is 7 + 5?';
const sumAnswer = '7 + 5 = 12.';

const button = (page: Page, name: string) => page.getByRole('button', { name, exact: true });
const list = (page: Page) => page.getByRole('navigation', { name: 'Chats' });
const row = (page: Page, title: string) => list(page).getByRole('button', { name: title, exact: true });

async function openMenuOf(page: Page, title: string, item: string): Promise<void> {
  await row(page, title).hover();
  await button(page, `More for ${title}`).click();
  await page.getByRole('menuitem', { name: item }).click();
}

test('a first chat is kept, named after its first words, and there again after a reload', async ({ page }) => {
  const chat = new ChatPage(page);
  await page.goto('/');
  await chat.ask(sum);
  await chat.answered();
  await expect(page.getByRole('heading', { name: sumTitle })).toBeVisible();
  await chat.message.pressSequentially('half a sent');
  await page.reload();
  await expect(chat.messagesOf('You')).toHaveText([sum]);
  await expect(chat.messagesOf('Tales')).toHaveText(sumAnswer);
  await expect(chat.message).toHaveValue('half a sent');
  await expect(row(page, sumTitle)).toHaveAttribute('aria-current', 'true');
});

test('messages are edited, branch, are walked through, and go on', once, async ({ page }) => {
  const chat = new ChatPage(page);
  await page.goto('/');
  await chat.ask('Hello');
  await chat.answered();
  await chat.messagesOf('You').hover();
  await page.getByRole('group', { name: 'You: actions' }).getByRole('button', { name: 'Edit' }).click();
  const editor = page.getByRole('textbox', { name: 'Edit message' });
  await expect(editor).toBeFocused();
  await editor.press('Escape');
  await expect(chat.messagesOf('You')).toHaveText(['Hello']);
  await page.getByRole('group', { name: 'You: actions' }).getByRole('button', { name: 'Edit' }).click();
  await editor.fill(sum);
  await page.reload();
  await expect(editor).toHaveValue(sum);
  await button(page, 'Send as a new version').click();
  await expect(chat.messagesOf('Tales')).toHaveText(sumAnswer);
  await expect(chat.regenerate).toBeVisible();
  await expect(page.getByText('2/2')).toBeVisible();
  await button(page, 'Previous version').click();
  await expect(chat.messagesOf('You')).toHaveText(['Hello']);
  await button(page, 'Next version').click();
  await expect(chat.messagesOf('You')).toHaveText([sum]);

  await page.getByRole('group', { name: 'Tales: actions' }).getByRole('button', { name: 'Edit' }).click();
  await editor.fill('7 + 5');
  await button(page, 'Save as a new version').click();
  await expect(chat.messagesOf('Tales')).toHaveText('7 + 5');
  await button(page, 'Continue').click();
  await expect(chat.messagesOf('Tales')).toHaveText(/^7 \+ 5 = 12\b/);
});

test('a message and a chat are deleted, and brought back', once, async ({ page }) => {
  const chat = new ChatPage(page);
  await page.goto('/');
  await chat.ask(sum);
  await chat.answered();
  await page.getByRole('group', { name: 'Tales: actions' }).getByRole('button', { name: 'Delete' }).click();
  await expect(chat.messagesOf('Tales')).toHaveCount(0);
  await expect(chat.message).toBeFocused();
  await button(page, 'Undo').click();
  await expect(chat.messagesOf('Tales')).toHaveText(sumAnswer);
  await openMenuOf(page, sumTitle, 'Delete');
  await expect(row(page, sumTitle)).toHaveCount(0);
  await expect(chat.conversation).toBeEmpty();
  await button(page, 'Undo').click();
  await expect(row(page, sumTitle)).toBeVisible();
  await expect(chat.messagesOf('Tales')).toHaveText(sumAnswer);
});

test('chats are renamed, pinned, searched and opened by keyboard', once, async ({ page }) => {
  const chat = new ChatPage(page);
  await page.goto('/');
  for (const text of ['Hello', sum]) {
    await chat.ask(text);
    await chat.answered();
    await chat.newChat.click();
  }
  await row(page, 'Hello').focus();
  await page.keyboard.press('F2');
  await page.getByRole('textbox', { name: 'Title of the chat' }).fill('Café talk');
  await page.keyboard.press('Enter');
  await expect(row(page, 'Café talk')).toBeFocused();
  await openMenuOf(page, 'Café talk', 'Pin');
  await expect(list(page).getByRole('heading').first()).toHaveText('Pinned');
  await page.reload();
  await expect(list(page).getByRole('heading')).toHaveText(['Pinned', 'Today']);

  const search = page.getByRole('searchbox', { name: 'Search chats' });
  await search.fill('cafe');
  await expect(list(page).getByRole('status')).toHaveText('1 chat found');
  await expect(list(page).locator('mark')).toHaveText('Café');
  await search.fill('12.');
  await expect(list(page).locator('mark').first()).toHaveText('12.');
  await search.press('Tab');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await expect(chat.messagesOf('Tales')).toHaveText(sumAnswer);
  await search.fill('');
  await row(page, sumTitle).focus();
  await page.keyboard.press('ArrowUp');
  await expect(row(page, 'Café talk')).toBeFocused();
});

test('a temporary chat says so, and leaves no trace', once, async ({ page }) => {
  const chat = new ChatPage(page);
  await page.goto('/');
  await button(page, 'Temporary chat').click();
  await expect(page.getByText('This chat is not kept.')).toBeVisible();
  await chat.ask(sum);
  await chat.answered();
  await expect(page.getByText('Temporary', { exact: true })).toBeVisible();
  await page.reload();
  await expect(chat.conversation).toBeEmpty();
  await expect(list(page).getByText('What you write is kept here')).toBeVisible();
});

test('a chat leaves as a file and comes back from it', once, async ({ page }) => {
  const chat = new ChatPage(page);
  await page.goto('/');
  await chat.ask(sum);
  await chat.answered();
  const [download] = await Promise.all([page.waitForEvent('download'), openMenuOf(page, sumTitle, 'Save as JSON')]);
  const json = await readFile(await download.path(), 'utf8');
  await openMenuOf(page, sumTitle, 'Delete');
  await expect(row(page, sumTitle)).toHaveCount(0);
  const chooser = async () => {
    await button(page, 'Import and export').click();
    const [fileChooser] = await Promise.all([
      page.waitForEvent('filechooser'),
      page.getByRole('menuitem', { name: 'Import chats…' }).click(),
    ]);
    return fileChooser;
  };
  await (await chooser()).setFiles({ name: 'chat.json', mimeType: 'application/json', buffer: Buffer.from(json) });
  await expect(page.getByText('1 chat imported.')).toBeVisible();
  await row(page, sumTitle).click();
  await expect(chat.messagesOf('Tales')).toHaveText(sumAnswer);
  await (await chooser()).setFiles({ name: 'bad.json', mimeType: 'application/json', buffer: Buffer.from('{') });
  await expect(list(page).getByRole('alert')).toContainText('not valid JSON');
});

test('a tab that is killed in mid-answer loses at most the last second', once, async ({ page, context }) => {
  const chat = new ChatPage(page);
  await page.goto('/');
  await chat.ask(dogPrompt);
  await expect(chat.messagesOf('Tales')).toContainText(/\w+ \w+ \w+/, { timeout: 30_000 }); // after the model has come
  const before = (await chat.messagesOf('Tales').innerText()).trim();
  await page.waitForTimeout(1100);
  const session = await context.newCDPSession(page);
  const crashed = page.waitForEvent('crash');
  void session.send('Page.crash').catch(() => {}); // nobody is left to answer it
  await crashed;

  const after = new ChatPage(await context.newPage());
  await after.page.goto('/');
  await row(after.page, 'Tell me a story about a dog').click();
  await expect(after.messagesOf('You')).toHaveText([dogPrompt]);
  const kept = (await after.messagesOf('Tales').innerText()).trim();
  expect(kept.slice(0, before.length)).toBe(before);
  await expect(after.send).toBeVisible();
});

test('a reload in mid-answer keeps the text, and it goes on from there', once, async ({ page }) => {
  const chat = new ChatPage(page);
  await page.goto('/');
  await chat.ask(dogPrompt);
  await expect(chat.messagesOf('Tales')).toContainText(/\w+ \w+ \w+/, { timeout: 30_000 }); // after the model has come
  const before = (await chat.messagesOf('Tales').innerText()).trim();
  await page.waitForTimeout(1100);
  await page.reload();
  await expect(chat.messagesOf('Tales')).toContainText(before);
  const kept = (await chat.messagesOf('Tales').innerText()).trim();
  await button(page, 'Continue').click();
  await chat.answered();
  expect((await chat.messagesOf('Tales').innerText()).startsWith(kept)).toBe(true);
});

test('two tabs show one chat, and neither overwrites the other', once, async ({ page, context }) => {
  const first = new ChatPage(page);
  const second = new ChatPage(await context.newPage());
  await first.page.goto('/');
  await second.page.goto('/');
  await first.ask(sum);
  await first.answered();
  await row(second.page, sumTitle).click();
  await expect(second.messagesOf('Tales')).toHaveText(sumAnswer);
  await button(second.page, 'Use it here').click();
  await second.ask('Hello');
  await expect(first.messagesOf('You')).toHaveText([sum, 'Hello']);
  await second.answered();
  await expect(first.messagesOf('Tales')).toHaveCount(2);
  await expect(first.messagesOf('Tales').last()).toHaveText(await second.messagesOf('Tales').last().innerText());
  await row(first.page, sumTitle).focus();
  await first.page.keyboard.press('F2');
  await first.page.getByRole('textbox', { name: 'Title of the chat' }).fill('Sums');
  await first.page.keyboard.press('Enter');
  await expect(row(second.page, 'Sums')).toBeVisible();
  await expect(second.page.getByRole('heading', { name: 'Sums' })).toBeVisible();
});

test('long pastes and files are attached, counted, and given to the model', once, async ({ page }) => {
  const chat = new ChatPage(page);
  await page.goto('/');
  await chat.ask('Hello');
  await chat.answered();
  await chat.message.evaluate((box) => {
    const clipboardData = new DataTransfer();
    clipboardData.setData('text/plain', 'word '.repeat(600));
    box.dispatchEvent(new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true }));
  });
  const chips = page.getByRole('list', { name: 'Attachments' });
  await expect(chips).toContainText('Pasted text');
  await expect(chat.message).toHaveValue('');
  await expect(page.getByRole('meter', { name: 'Context' })).toHaveAttribute('aria-valuetext', /^[67]\d\d of 1,024/);
  await button(page, 'Remove Pasted text').click();
  await expect(chips).toBeHidden();
  await page.locator('.chat-screen').evaluate((screen) => {
    const dataTransfer = new DataTransfer();
    dataTransfer.items.add(new File(['The dog is called Rex.'], 'dog.txt', { type: 'text/plain' }));
    dataTransfer.items.add(new File([new Uint8Array([0, 255])], 'dog.png', { type: 'image/png' }));
    screen.dispatchEvent(new DragEvent('drop', { dataTransfer, bubbles: true, cancelable: true }));
  });
  await expect(chips).toContainText('dog.txt');
  await expect(page.getByText('dog.png was not attached')).toBeVisible();
  await chat.message.fill('What is the dog called?');
  await button(page, 'Chat settings').click();
  await page.getByText('What the model sees').click();
  await expect(page.locator('.tokens')).toContainText('dog.txt:');
  await expect(page.locator('.tokens')).toContainText('<|assistant|>');
  // What the meter counts is what the model is given, template and all.
  const lead = await page.getByText(/^The prompt of the next answer, in \d+ tokens/).innerText();
  const meter = page.getByRole('meter', { name: 'Context', includeHidden: true });
  await expect(meter).toHaveAttribute('aria-valuenow', /\d+/.exec(lead)?.[0] ?? '');
  await page.keyboard.press('Escape');
  await chat.send.click();
  await expect(chat.messagesOf('You').last()).toContainText('dog.txt');
  await expect(chips.last()).toBeVisible();
});

test('what is set for a chat stays with it, and presets travel', once, async ({ page }) => {
  const chat = new ChatPage(page);
  await page.goto('/');
  await button(page, 'Chat settings').click();
  await page.getByRole('textbox', { name: 'System prompt' }).fill('You are a friendly storyteller.');
  const longest = page.getByRole('spinbutton', { name: 'Longest answer' });
  await longest.fill('0');
  await expect(page.getByText('A whole number from 1')).toBeVisible();
  await longest.fill('5');
  await page.getByRole('textbox', { name: 'Name of the preset' }).fill('Short');
  await button(page, 'Save as a preset').click();
  await button(page, 'Close').click();
  await expect(button(page, 'Chat settings')).toBeFocused();
  await chat.ask(dogPrompt);
  await chat.answered();
  await expect(chat.statistics).toContainText('· 5 tokens');
  await expect(page.getByText('Stopped here.')).toBeVisible();
  await chat.newChat.click();
  await button(page, 'Chat settings').click();
  await expect(longest).toHaveValue('');
  await page.getByRole('combobox', { name: 'Preset' }).selectOption('Short');
  await expect(longest).toHaveValue('5');
  await button(page, 'Reset Longest answer to the model’s own').click();
  await expect(longest).toHaveValue('');
});

for (const [device, viewport] of [
  ['desktop', { width: 1280, height: 800 }],
  ['phone', { width: 390, height: 844 }],
] as const)
  for (const colorScheme of ['light', 'dark'] as const) {
    test(`chats are open to assistive technology, ${device}, ${colorScheme}`, once, async ({ page }) => {
      await page.setViewportSize(viewport);
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      const chat = new ChatPage(page);
      const violations = async () => {
        const { violations: found } = await new AxeBuilder({ page }).analyze();
        return found.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`);
      };
      await page.goto('/');
      await chat.ask(sum);
      await chat.answered();
      await chat.regenerate.click();
      await expect(page.getByText('2/2')).toBeVisible();
      await chat.answered();
      expect(await violations()).toEqual([]);
      await page.getByRole('group', { name: 'You: actions' }).getByRole('button', { name: 'Edit' }).click();
      expect(await violations()).toEqual([]);
      await page.getByRole('textbox', { name: 'Edit message' }).press('Escape');
      if (device === 'phone') await button(page, 'Chats').click();
      await openMenuOf(page, sumTitle, 'Pin');
      await button(page, `More for ${sumTitle}`).click();
      expect(await violations()).toEqual([]);
      await page.keyboard.press('Escape');
      await page.getByRole('searchbox', { name: 'Search chats' }).fill('12');
      await expect(list(page).locator('mark').first()).toBeVisible();
      expect(await violations()).toEqual([]);
      if (device === 'phone') await button(page, 'Close').click();
      await button(page, 'Chat settings').click();
      await page.getByText('What the model sees').click();
      await expect(page.locator('.tokens')).toBeVisible();
      expect(await violations()).toEqual([]);
    });
  }
