/** Hearth as an app of its own: the browser finds it installable, keeps it, and everything is there without a network. */
import { ChatPage } from './chat-page';
import { inProfile } from './support/profile';
import { expect, shellIsStored, test } from './support/test';

const inOne = { tag: '@adapter' };

test('Chromium has nothing against installing it', inOne, async ({ playwright, launchOptions, baseURL }) => {
  await inProfile({ playwright, launchOptions, baseURL }, async (page, context) => {
    await page.goto('/');
    await shellIsStored(page);
    const session = await context.newCDPSession(page);
    const { installabilityErrors } = await session.send('Page.getInstallabilityErrors');
    expect(installabilityErrors).toEqual([]);
    const { errors, data } = await session.send('Page.getAppManifest');
    expect(errors).toEqual([]);
    const { screenshots, shortcuts } = JSON.parse(data ?? '') as {
      screenshots: { src: string; sizes: string; form_factor: string }[];
      shortcuts: { url: string }[];
    };
    expect(screenshots.map(({ form_factor }) => form_factor).sort()).toEqual(['narrow', 'wide']);
    for (const { src, sizes } of screenshots) {
      const size = await page.evaluate(async (url) => {
        const image = new Image();
        image.src = url;
        await image.decode();
        return `${image.naturalWidth}x${image.naturalHeight}`;
      }, src);
      expect([src, size]).toEqual([src, sizes]);
    }
    expect(shortcuts.length).toBeGreaterThan(0);
    for (const { url } of shortcuts) expect((await page.request.get(url)).status()).toBe(200);
  });
});

test('it asks to be kept when it is installed, and says what came of it', inOne, async ({ page }) => {
  await page.addInitScript(() => {
    let isKept = false;
    navigator.storage.persisted = async () => isKept;
    navigator.storage.persist = async () => (isKept = true);
  });
  await page.goto('/#/settings');
  await expect(page.getByText('When the disk runs full, the browser may clear it.')).toBeVisible();
  await page.evaluate(() => window.dispatchEvent(new Event('appinstalled')));
  await expect(page.getByText('The browser has promised not to clear any of it')).toBeVisible();
});

test('a shortcut comes to the window that is open, and disturbs nothing in it', inOne, async ({ page }) => {
  await page.addInitScript(() => {
    type Consumer = (params: { targetURL: string }) => void;
    const launchQueue = {
      setConsumer(consumer: Consumer) {
        consumer({ targetURL: location.href });
        addEventListener('launch', (event) => consumer({ targetURL: (event as CustomEvent<string>).detail }));
      },
    };
    Object.defineProperty(window, 'launchQueue', { value: launchQueue });
  });
  const launch = (path: string) =>
    page.evaluate(
      (url) => window.dispatchEvent(new CustomEvent('launch', { detail: url })),
      new URL(path, page.url()).href,
    );
  const chat = new ChatPage(page);
  await page.goto('/?q=A+thought');
  await expect(chat.message).toHaveValue('A thought');
  await launch('/#/models');
  await expect(page.getByRole('heading', { name: 'Models', exact: true })).toBeVisible();
  await launch('/');
  await expect(chat.message).toHaveValue('A thought');
  await chat.ask('What is 7 + 5?');
  await chat.answered();
  await launch('/?q=');
  await expect(chat.messagesOf('You')).toHaveCount(0);
});

test('without a network there are chats, models and a batch', inOne, async ({ page, context, tolerate }) => {
  tolerate(/favicon\.svg/); // the browser's own picture of the tab
  const chat = new ChatPage(page);
  await page.goto('/');
  await shellIsStored(page);
  await chat.ask('What is 7 + 5?');
  await chat.answered();
  await context.setOffline(true);
  await page.goto('/#/models');
  await page.reload();
  await expect(page.getByRole('heading', { name: 'Models', exact: true })).toBeVisible();
  await page.getByRole('link', { name: 'Chat', exact: true }).click();
  await expect(chat.messagesOf('Tales')).toContainText('12');
  await page.getByRole('link', { name: 'Batch', exact: true }).click();
  await page
    .getByRole('main')
    .locator('input[type=file]')
    .setInputFiles({ name: 'sums.csv', mimeType: '', buffer: Buffer.from('sum\n1 + 5\n2 + 5\n') });
  await page.getByRole('textbox', { name: 'Prompt for each row' }).fill('What is {{sum}}?');
  await page.getByRole('button', { name: 'Run', exact: true }).click();
  await expect(page.getByRole('status', { name: 'Batch' })).toHaveText(
    'Finished. 2 of 2 rows are answered, 0 failed.',
    { timeout: 60_000 },
  );
});
