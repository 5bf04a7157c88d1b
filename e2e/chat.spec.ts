/**
 * A newcomer opens the page, asks, watches, stops, asks again; with the software adapter and without any. What does not
 * depend on the device runs in one of the two browsers only.
 */
import { AxeBuilder } from '@axe-core/playwright';
import { ChatPage, dogPrompt } from './chat-page';
import { expect, test } from './support/test';

/** Enough in one browser. */
const once = { tag: '@adapter' };

test('a first visit answers about a dog while one watches, and says how fast', async ({ page }) => {
  const chat = new ChatPage(page);
  await page.goto('/');
  const growth = await chat.countGrowth('Tales');
  await chat.ask(dogPrompt);
  await expect(chat.messagesOf('You')).toHaveText([dogPrompt]);
  await chat.answered();
  const answer = (await chat.messagesOf('Tales').innerText()).trim();
  expect(answer).toMatch(/\bdog\b/i);
  expect(answer.split(/\s+/).length).toBeGreaterThan(40);
  expect(await growth()).toBeGreaterThan(10);
  await expect(chat.statistics).toHaveText(/^[\d.]+ tok\/s · [\d.]+ s to first token · \d+ tokens$/);
  await expect(chat.announcer).toHaveText(/^Tales has finished answering, \d+ tokens\.$/);
  await expect(chat.send).toBeVisible();
});

test('an example is one click', async ({ page }) => {
  const chat = new ChatPage(page);
  await page.goto('/');
  await page.getByRole('button', { name: 'What is 7 + 5?' }).click();
  await chat.answered();
  await expect(chat.messagesOf('Tales')).toContainText('12');
});

test('stopping keeps the text, by button and by Escape', async ({ page }) => {
  const chat = new ChatPage(page);
  await page.goto('/');
  for (const stop of [() => chat.stop.click(), () => page.keyboard.press('Escape')]) {
    await chat.ask(dogPrompt);
    await expect(chat.messagesOf('Tales').last()).toContainText(/\w+ \w+ \w+/, { timeout: 30_000 }); // after the model has come
    await stop();
    await chat.answered();
    await expect(chat.announcer).toHaveText(/^Tales has stopped/);
    const text = await chat.messagesOf('Tales').last().innerText();
    expect(text.trim()).not.toBe('');
    await expect(chat.send).toBeVisible();
    expect(await chat.messagesOf('Tales').last().innerText()).toBe(text);
  }
});

test('regenerating puts another answer in place of the last', async ({ page }) => {
  const chat = new ChatPage(page);
  await page.goto('/');
  await chat.ask('Who are you?');
  await chat.answered();
  const growth = await chat.countGrowth('Tales');
  await chat.regenerate.click();
  await chat.answered();
  expect(await growth()).toBeGreaterThan(2);
  await expect(chat.messagesOf('You')).toHaveCount(1);
  await expect(chat.messagesOf('Tales')).toHaveCount(1);
  await expect(chat.messagesOf('Tales')).not.toBeEmpty();
});

test('a conversation goes on, and a new chat begins empty', async ({ page }) => {
  const chat = new ChatPage(page);
  await page.goto('/');
  await chat.ask('Hello');
  await chat.answered();
  await chat.ask('What is 7 + 5?');
  await expect(chat.messagesOf('Tales')).toHaveCount(2);
  await chat.answered();
  await chat.newChat.click();
  await expect(chat.conversation).toBeEmpty();
  await expect(chat.statistics).toBeEmpty();
});

test('Enter sends, Shift+Enter breaks the line, an Enter of an input method does neither', once, async ({ page }) => {
  const chat = new ChatPage(page);
  await page.goto('/');
  await chat.message.pressSequentially('What is');
  await chat.message.press('Shift+Enter');
  await chat.message.pressSequentially('7 + 5?');
  await chat.message.dispatchEvent('keydown', { key: 'Enter', isComposing: true });
  await expect(chat.messagesOf('You')).toHaveCount(0);
  await expect(chat.message).toHaveValue('What is\n7 + 5?');
  await chat.message.press('Enter');
  await expect(chat.messagesOf('You')).toHaveText(['What is 7 + 5?']);
  await expect(chat.message).toHaveValue('');
});

test('a message sent before the model is there waits for it', once, async ({ page }) => {
  const chat = new ChatPage(page);
  let arrive = () => {};
  const permitted = new Promise<void>((resolve) => (arrive = resolve));
  await page.route('**/models/tales/model.safetensors', async (route) => {
    await permitted;
    await route.continue();
  });
  await page.goto('/');
  await chat.ask('What is 7 + 5?');
  await expect(page.getByRole('progressbar', { name: 'Tales is arriving' })).toBeVisible();
  await expect(page.getByText('Your message waits for it.')).toBeVisible();
  arrive();
  await chat.answered();
  await expect(chat.messagesOf('Tales')).toContainText('12');
});

test('long answers scroll along, and let go when one scrolls up', once, async ({ page }) => {
  await page.setViewportSize({ width: 390, height: 500 });
  const chat = new ChatPage(page);
  await page.goto('/');
  for (let turn = 0; turn < 2; turn++) {
    await chat.ask(dogPrompt);
    await chat.answered();
  }
  const end = page.getByRole('button', { name: 'Jump to latest' });
  await expect(chat.statistics).toBeInViewport();
  await expect(end).toBeHidden();
  await chat.messagesOf('You').first().scrollIntoViewIfNeeded();
  await chat.ask('What is 7 + 5?');
  await expect(end).toBeVisible();
  await chat.answered();
  await expect(chat.messagesOf('You').first()).toBeInViewport();
  await end.click();
  await expect(chat.statistics).toBeInViewport();
  for (const size of [
    { width: 500, height: 390 },
    { width: 390, height: 500 },
  ]) {
    await page.setViewportSize(size); // as when a phone is turned
    await expect(chat.statistics).toBeInViewport();
    await expect(end).toBeHidden();
  }
});

test('without an adapter the page says what it runs on', { tag: '@no-adapter' }, async ({ page }) => {
  await page.goto('/');
  await page.getByText(/^Tales runs on the processor\./).waitFor();
});

test('nothing stands in the way of assistive technology, by day and by night', once, async ({ page }) => {
  await page.emulateMedia({ reducedMotion: 'reduce' });
  const chat = new ChatPage(page);

  async function expectNoViolations(): Promise<void> {
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      const { violations } = await new AxeBuilder({ page }).analyze();
      const found = violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`);
      expect(found, colorScheme).toEqual([]);
    }
  }

  await page.goto('/');
  await expect(chat.message).toBeVisible();
  await expectNoViolations();
  await chat.ask('What is 7 + 5?');
  await chat.answered();
  await expectNoViolations();
  await page.goto('/?model=nothing&q=Hello');
  await expect(chat.alert).toBeVisible();
  await expectNoViolations();
});
