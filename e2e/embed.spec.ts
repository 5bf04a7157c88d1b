/** Hearth in a page of another site: who may use it there, for how long, and in which frames. */
import { HostPage } from './support/host-page';
import { expect, test as base } from './support/test';

const test = base.extend<{ host: HostPage }>({
  async host({ page, baseURL }, use) {
    const host = new HostPage(page, baseURL!);
    await use(host);
    await host.close();
  },
});

test(
  'a page of another site asks the model when the person has allowed it',
  { tag: '@adapter' },
  async ({ page, host }) => {
    await host.open();
    const connecting = host.connect();
    await expect(host.frame.getByRole('heading')).toHaveText(/^localhost:\d+ would like to ask Tales on this machine$/);
    await expect(host.frame.getByText('12.5 MB')).toBeVisible();
    await host.allow();
    expect(await connecting).toBe('connected');
    await expect(page.locator('iframe')).toBeHidden();
    expect(await host.ask('What is 7 + 5?')).toBe('7 + 5 = 12.');
  },
);
