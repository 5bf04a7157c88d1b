/** Plain http from another machine: browsers then withhold WebGPU, service workers and locks. */
import { ChatPage } from './chat-page';
import { expect, test } from './support/test';

const foreignHost = 'hearth.test';

test.use({
  launchOptions: async ({ launchOptions }, use) => {
    await use({
      ...launchOptions,
      args: [...(launchOptions.args ?? []), `--host-resolver-rules=MAP ${foreignHost} 127.0.0.1`],
    });
  },
});

test(
  'says what is missing and how to get it, and answers all the same',
  { tag: '@adapter' },
  async ({ page, baseURL, tolerate }) => {
    tolerate(/Cross-Origin-Opener-Policy header has been ignored/);
    const chat = new ChatPage(page);
    const address = new URL(baseURL ?? '');
    address.hostname = foreignHost;
    await page.goto(address.href);
    expect(await page.evaluate(() => isSecureContext)).toBe(false);
    await page.getByText(/^This page came over plain http from another machine/).waitFor();
    await chat.ask('What is 7 + 5?');
    await chat.answered();
    await expect(chat.messagesOf('Tales')).toContainText('12');
  },
);
