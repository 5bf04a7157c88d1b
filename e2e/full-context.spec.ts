/** A chat outgrows its context: its oldest messages are left out, the page says so, and diagnostics shows the engine at rest. */
import { ChatPage } from './chat-page';
import { expect, test } from './support/test';

test('the oldest messages give way where the person has chosen so', { tag: '@adapter' }, async ({ page }) => {
  const chat = new ChatPage(page);
  await page.addInitScript(() => {
    localStorage.setItem('hearth.settings', '{"contextPolicy":"drop-oldest"}');
    localStorage.setItem('hearth.contexts', '{"tales":256}');
  });
  await page.goto('/#/settings');
  await expect(page.getByLabel('Leave out its oldest messages')).toBeChecked();
  await page.goto('/#/');
  const longQuestion = `${'The dog and the cat. '.repeat(18)}Who are you?`;
  await chat.ask(longQuestion);
  await chat.answered();
  await expect(page.getByText('no longer fit')).toHaveCount(0);
  await chat.ask(longQuestion);
  await expect(page.getByText('The oldest 2 messages no longer fit and were left out.')).toBeVisible();
  await chat.answered();

  await page.goto('/#/diagnostics');
  const engine = page.getByRole('heading', { name: 'What the engine is doing' }).locator('..');
  await expect(engine).toContainText('0 running, 0 waiting');
  await expect(engine).toContainText(/Rows per step[\d.]+, after [\d,]+ steps/);
  await expect(engine).toContainText(/Memory for weights[\d.]+ MB/);
});
