/**
 * Takes the pictures that browsers show before Hearth is installed, of the built page with a real answer, into
 * public/screenshots. They are committed; `npm run refresh:screenshots` builds and takes them anew when the page looks otherwise.
 */
import { mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright';
import { adapterArgs, ensureChromium } from './chromium.mjs';
import { createStaticServer, listen } from './serve.mjs';

/** Browsers take 320 to 3840 pixels a side, and at most 2.3 times as much on the longer one. */
const screenshots = [
  { name: 'wide', viewport: { width: 1280, height: 800 } },
  { name: 'narrow', viewport: { width: 390, height: 844 } },
];

const folder = new URL('../public/screenshots/', import.meta.url);
mkdirSync(folder, { recursive: true });
const server = createStaticServer({ root: fileURLToPath(new URL('../dist', import.meta.url)) });
const address = await listen(server, 0);
const browser = await chromium.launch({ executablePath: ensureChromium(), args: adapterArgs });
try {
  for (const { name, viewport } of screenshots) {
    const context = await browser.newContext({ viewport, colorScheme: 'light', reducedMotion: 'reduce' });
    const page = await context.newPage();
    await page.goto(`${address}/?q=${encodeURIComponent('Tell me a story about a dog.')}`);
    await page.getByRole('button', { name: 'Send', exact: true }).click();
    const progress = page.getByRole('status', { name: 'Answer progress' });
    await progress
      .filter({ hasText: /has (finished|stopped|reached)/ })
      .waitFor({ state: 'attached', timeout: 120_000 });
    await page.getByRole('log', { name: 'Conversation' }).getByText('Tell me').scrollIntoViewIfNeeded();
    await page.screenshot({ path: fileURLToPath(new URL(`${name}.png`, folder)) });
    await context.close();
  }
} finally {
  await browser.close();
  server.close();
}
