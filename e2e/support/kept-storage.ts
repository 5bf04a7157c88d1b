/**
 * A `test` in a browser that gives the frames of other sites a storage of their own, apart for every site they stand in, as
 * people's browsers do. Playwright switches that off, and a frame of another site then has no storage at all.
 */
import { test as base } from './test';

/** What else Playwright switches off that a page on http would notice. The last of two such switches counts. */
const PARTITIONED = '--disable-features=HttpsUpgrades,HttpsFirstBalancedModeAutoEnable';

export const test = base.extend({
  async context({ playwright, launchOptions, baseURL }, use) {
    const args = [...(launchOptions.args ?? []), PARTITIONED];
    // With a profile, for in private windows there is no such storage either.
    const context = await playwright.chromium.launchPersistentContext('', { ...launchOptions, args, baseURL });
    await use(context);
    await context.close();
  },
  async page({ context }, use) {
    await use(context.pages()[0] ?? (await context.newPage()));
  },
});
