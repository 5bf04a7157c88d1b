/** Several tabs, one engine: who has it, who says so, and how it goes from one to the other. */
import AxeBuilder from '@axe-core/playwright';
import type { BrowserContext, Page } from '@playwright/test';
import { ChatPage, dogPrompt } from './chat-page';
import { expect, test } from './support/test';

/** Enough in one browser. */
const once = { tag: '@adapter' };
const sum = 'What is 7 + 5?';

class Tab extends ChatPage {
  readonly banner;
  readonly useHere;

  constructor(page: Page) {
    super(page);
    this.banner = page.locator('.banners');
    this.useHere = this.banner.getByRole('button', { name: 'Use it here' });
  }

  static async open(context: BrowserContext): Promise<Tab> {
    const tab = new Tab(await context.newPage());
    await tab.page.goto('/');
    return tab;
  }
}

test('another tab says who has the engine, takes it over in mid-answer, and both can go on', async ({ context }) => {
  const first = await Tab.open(context);
  await first.ask(dogPrompt);
  await first.begun('Tales');
  const second = await Tab.open(context);
  await expect(second.banner).toContainText('Hearth is running in another tab.');
  await expect(first.banner).toBeEmpty();

  await second.useHere.click();
  await expect(second.banner).toBeEmpty();
  await expect(first.alert).toContainText('Another tab has taken Hearth over');
  await expect(first.page.getByText('The answer broke off here.')).toBeVisible();
  const before = (await first.messagesOf('Tales').innerText()).trim();
  await second.ask(sum);
  await second.answered();
  await expect(second.messagesOf('Tales')).toContainText('12');

  await first.alert.getByRole('button', { name: 'Use it here' }).click();
  await expect(first.alert).toBeHidden();
  await expect(second.banner).toContainText('Hearth is running in another tab.');
  await first.page.getByRole('button', { name: 'Continue' }).click();
  await first.answered();
  expect((await first.messagesOf('Tales').innerText()).startsWith(before)).toBe(true);
});

for (const [how, end] of [
  ['is closed', (tab: Tab) => tab.page.close()],
  ['crashes', crash],
] as const) {
  test(
    `what was asked in another tab is answered there when the one with the engine ${how}`,
    once,
    async ({ context }) => {
      const first = await Tab.open(context);
      await first.ask(dogPrompt);
      await first.begun('Tales');
      const second = await Tab.open(context);
      await second.ask(sum);
      await expect(second.alert).toContainText('Hearth is running in another tab.');
      await end(first);
      await second.answered();
      await expect(second.messagesOf('Tales')).toContainText('12');
      await expect(second.alert).toBeHidden();
      await expect(second.banner).toBeEmpty();
    },
  );
}

test('a reload does not take the page for another tab', once, async ({ context }) => {
  const tab = await Tab.open(context);
  await tab.ask(sum);
  await tab.answered();
  await tab.page.reload();
  await tab.regenerate.click();
  await tab.answered();
  await expect(tab.alert).toBeHidden();
  await expect(tab.banner).toBeEmpty();
});

test('a tab that does not hear loses the engine all the same, and says so when it wakes', once, async ({ context }) => {
  const first = await Tab.open(context);
  await first.ask(sum);
  await first.answered();
  const second = await Tab.open(context);
  await expect(second.useHere).toBeVisible();
  const busy = first.page.evaluate(() => {
    const untilMs = performance.now() + 8000;
    while (performance.now() < untilMs);
  });
  await second.useHere.click();
  await expect(second.banner).toBeEmpty();
  await busy;
  await expect(first.banner).toContainText('Hearth is running in another tab.');
});

test('a batch that would be paused is named, is paused, and loses no answer', once, async ({ context }) => {
  const first = await Tab.open(context);
  await first.page.goto('/#/batch');
  const button = (name: string) => first.page.getByRole('button', { name, exact: true });
  await button('Try an example').click();
  await button('Run').click();
  await expect(first.page.getByRole('progressbar', { name: 'Rows answered' })).not.toHaveAttribute('value', '0');
  const second = await Tab.open(context);
  await expect(second.banner).toContainText('Hearth is answering a batch in another tab.');
  await second.useHere.click();
  await expect(first.alert).toContainText('Another tab has taken Hearth over');
  await second.page.close();
  await button('Resume').click();
  await expect(first.alert).toBeHidden();
  await expect(button('Pause')).toBeVisible();
});

test('a page with a model of its own is refused, and may take the engine over', once, async ({ context, tolerate }) => {
  tolerate(/404/);
  const first = await Tab.open(context);
  await first.ask(sum);
  await first.answered();
  const other = await context.newPage();
  await other.goto('/favicon.svg'); // of the same origin, without the app
  const answer = await other.evaluate(async () => {
    const url = '/hearth.js';
    const { loadModel, takeOver } = await import(url);
    const refusal = await loadModel('tales').catch((error: { code: string }) => error.code);
    await takeOver();
    const model = await loadModel('tales');
    let text = '';
    for await (const chunk of model.chat([{ role: 'user', content: 'What is 7 + 5?' }])) text += chunk.text;
    await model.dispose();
    return { refusal, text };
  });
  expect(answer).toMatchObject({ refusal: 'engine-elsewhere', text: expect.stringContaining('12') });
  await expect(first.banner).toBeEmpty(); // nothing is loaded there any more
});

test.describe('in German', () => {
  test.use({ locale: 'de-DE', colorScheme: 'dark', viewport: { width: 360, height: 740 } });
  test('it is said on a phone, within reach of everybody', once, async ({ context }) => {
    await Tab.open(context);
    const { page } = await Tab.open(context);
    await expect(page.getByText('Hearth läuft in einem anderen Tab.')).toBeVisible();
    await page.getByRole('textbox', { name: 'Nachricht' }).fill(sum);
    await page.getByRole('button', { name: 'Senden' }).click();
    await expect(page.getByRole('alert')).toContainText('Hearth läuft in einem anderen Tab.');
    const { violations } = await new AxeBuilder({ page }).analyze();
    expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`)).toEqual([]);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(360);
    await page.getByRole('alert').getByRole('button', { name: 'Hier verwenden' }).click();
    await expect(page.getByRole('article', { name: 'Tales' })).toContainText('12');
  });
});

async function crash({ page }: Tab): Promise<void> {
  const session = await page.context().newCDPSession(page);
  const crashed = page.waitForEvent('crash');
  void session.send('Page.crash').catch(() => {}); // nobody is left to answer it
  await crashed;
}
