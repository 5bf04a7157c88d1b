/**
 * The `test` every spec uses: Playwright's own, which also fails when a page complains. Uncaught errors, rejected
 * promises, violations of the content security policy and `console.error` all count, in pages and in their workers.
 */
import { expect, test as base, type Page } from '@playwright/test';

interface Fixtures {
  /** Allows complaints that match, for tests that provoke them. */
  tolerate: (pattern: RegExp) => void;
}

export const test = base.extend<Fixtures>({
  tolerate: [
    async ({ context }, use) => {
      const complaints: string[] = [];
      const tolerated: RegExp[] = [];
      context.on('console', (message) => {
        if (message.type() === 'error') complaints.push(`${message.text()} (${message.location().url})`);
      });
      context.on('weberror', (webError) => complaints.push(`uncaught: ${webError.error().message}`));
      await use((pattern) => void tolerated.push(pattern));
      const unexpected = complaints.filter((text) => !tolerated.some((pattern) => pattern.test(text)));
      expect(unexpected, 'complaints in the browser console').toEqual([]);
    },
    { auto: true },
  ],
});

/** Resolves when the shell has been stored: from now on the page reloads without a network. */
export async function shellIsStored(page: Page): Promise<void> {
  await page.evaluate(async () => {
    await navigator.serviceWorker.ready;
  });
}

export { expect };
