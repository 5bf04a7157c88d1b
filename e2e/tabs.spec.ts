/** Several tabs, one engine: who has it, who says so, and how it goes from one to the other. */
import { AxeBuilder } from '@axe-core/playwright';
import type { BrowserContext, Page } from '@playwright/test';
import { ChatPage, dogPrompt } from './chat-page';
import { useScriptedEngine } from './support/scripted-engine';
import { expect, test } from './support/test';

/** Enough in one browser. */
const once = { tag: '@adapter' };
const sum = 'What is 7 + 5?';
const isElsewhere = 'Hearth is running in another tab.';

class Tab extends ChatPage {
  readonly banner;
  readonly bringHere;
  readonly goOn;

  constructor(page: Page) {
    super(page);
    this.banner = page.locator('.banners');
    this.bringHere = this.banner.getByRole('button', { name: 'Use it here' });
    this.goOn = page.getByRole('button', { name: 'Continue', exact: true });
  }
}

test('the engine is taken over in mid-answer, and answers in the other tab', async ({ context }) => {
  const [first, second] = [new Tab(await context.newPage()), new Tab(await context.newPage())];
  await first.page.goto('/');
  await first.ask(dogPrompt);
  await first.begun('Tales');
  await second.page.goto('/');
  await second.bringHere.click();
  await expect(first.alert).toContainText('Another tab has taken Hearth over');
  await second.ask(sum);
  await second.answered();
  await expect(second.messagesOf('Tales')).toContainText('12');
});

/** What is judged here is who has the engine; what it says is not. */
test.describe('with an engine that says what it is given', () => {
  test.use({ serviceWorkers: 'block' }); // it would answer for the network, and the engine is exchanged there

  async function openTab(context: BrowserContext): Promise<Tab> {
    const tab = new Tab(await context.newPage());
    const text = 'Once upon a time there was a dog. '.repeat(100);
    await useScriptedEngine(tab.page, { text, tokensPerSecond: 40, contextLength: 8192 });
    await tab.page.goto('/');
    return tab;
  }

  test(
    'another tab says where the engine is, and the answer that stops there keeps its text',
    once,
    async ({ context }) => {
      const first = await openTab(context);
      await first.ask(dogPrompt);
      await first.begun('Tales');
      const second = await openTab(context);
      await expect(second.banner).toContainText(isElsewhere);
      await expect(first.banner).toBeEmpty();
      await second.bringHere.focus();
      await second.page.keyboard.press('Enter');
      await expect(second.banner).toBeEmpty();
      await expect(first.banner).toContainText(isElsewhere);
      await expect(first.page.getByText('The answer broke off here.')).toBeVisible();
      await expect(first.messagesOf('Tales')).toContainText('Once upon a time');
      const before = (await first.messagesOf('Tales').innerText()).trim();

      await first.alert.getByRole('button', { name: 'Use it here' }).click();
      await expect(second.banner).toContainText(isElsewhere);
      await first.goOn.click();
      await expect(first.stop).toBeVisible();
      await expect(first.messagesOf('Tales')).toContainText(before);
    },
  );

  for (const [how, end] of [
    ['is closed', (tab: Tab) => tab.page.close()],
    ['crashes', crash],
  ] as const) {
    test(
      `what another tab was asked is answered there when the one with the engine ${how}`,
      once,
      async ({ context }) => {
        const first = await openTab(context);
        await first.ask(dogPrompt);
        await first.begun('Tales');
        const second = await openTab(context);
        await second.ask(sum);
        await expect(second.alert).toContainText(isElsewhere);
        await end(first);
        await second.begun('Tales');
        await expect(second.alert).toBeHidden();
        await expect(second.banner).toBeEmpty();
      },
    );
  }

  test('a reload does not take the page for another tab', once, async ({ context }) => {
    const tab = await openTab(context);
    await tab.ask(sum);
    await tab.begun('Tales');
    await tab.page.reload();
    await tab.goOn.click();
    await expect(tab.stop).toBeVisible();
    await expect(tab.alert).toBeHidden();
    await expect(tab.banner).toBeEmpty();
  });

  test(
    'a tab that does not hear loses the engine all the same, and says so when it wakes',
    once,
    async ({ context }) => {
      const first = await openTab(context);
      await first.ask(dogPrompt);
      await first.begun('Tales');
      const second = await openTab(context);
      await expect(second.bringHere).toBeVisible();
      const woken = first.page.evaluate(() => {
        const untilMs = performance.now() + 6000;
        while (performance.now() < untilMs);
      });
      await second.bringHere.click();
      await expect(second.banner).toBeEmpty();
      await woken;
      await expect(first.banner).toContainText(isElsewhere);
    },
  );

  test('a batch that would be paused is named, is paused, and goes on later', once, async ({ context }) => {
    const first = await openTab(context);
    await first.page.goto('/#/batch');
    const button = (name: string) => first.page.getByRole('button', { name, exact: true });
    await button('Try an example').click();
    await button('Run').click();
    await expect(button('Pause')).toBeVisible();
    const second = await openTab(context);
    await expect(second.banner).toContainText('Hearth is answering a batch in another tab.');
    await second.bringHere.click();
    await expect(first.alert).toContainText('Another tab has taken Hearth over');
    await second.page.close();
    await expect(first.banner).toBeEmpty();
    await button('Run').click();
    await expect(first.alert).toBeHidden();
    await expect(first.page.getByRole('button', { name: /^Row 1: Answering/ })).toBeAttached();
  });

  test('a page with a model of its own is refused, and may take the engine over', once, async ({ context }) => {
    const first = await openTab(context);
    await first.ask(dogPrompt);
    await first.begun('Tales');
    const { page } = await openTab(context);
    const told = await page.evaluate(async (url) => {
      const { loadModel, takeOver } = await import(url);
      const refusal = await loadModel('tales').catch((error: { code: string }) => error.code);
      await takeOver();
      const model = await loadModel('tales');
      for await (const { text } of model.chat([{ role: 'user', content: 'Hello' }])) return { refusal, text };
    }, '/hearth.js');
    expect(told).toMatchObject({ refusal: 'engine-elsewhere', text: expect.stringContaining('Once') });
    await expect(first.banner).toContainText(isElsewhere);
  });

  test.describe('in German, on a phone', () => {
    test.use({ locale: 'de-DE', colorScheme: 'dark', viewport: { width: 360, height: 740 } });
    test('it is said, and within reach of everybody', once, async ({ context }) => {
      await openTab(context);
      const { page } = await openTab(context);
      await expect(page.getByText('Hearth läuft in einem anderen Tab.')).toBeVisible();
      await page.getByRole('textbox', { name: 'Nachricht' }).fill(sum);
      await page.getByRole('button', { name: 'Senden' }).click();
      await expect(page.getByRole('alert')).toContainText('Hearth läuft in einem anderen Tab.');
      const { violations } = await new AxeBuilder({ page }).analyze();
      expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`)).toEqual([]);
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(360);
      await page.getByRole('alert').getByRole('button', { name: 'Hier verwenden' }).click();
      await expect(page.getByRole('article', { name: 'Tales' })).toContainText('Once upon a time');
    });
  });
});

async function crash({ page }: Tab): Promise<void> {
  const session = await page.context().newCDPSession(page);
  const crashed = page.waitForEvent('crash');
  void session.send('Page.crash').catch(() => {}); // nobody is left to answer it
  await crashed;
}
