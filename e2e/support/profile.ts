/** A browser with a profile on the disk, as people have one; Playwright's own contexts are private windows. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BrowserContext, LaunchOptions, Page, PlaywrightTestArgs, PlaywrightWorkerArgs } from '@playwright/test';

type Given = Pick<PlaywrightTestArgs & { baseURL?: string }, 'baseURL'> &
  Pick<PlaywrightWorkerArgs, 'playwright'> & { launchOptions: LaunchOptions };

/** @param preferences as Chromium keeps them. */
export async function inProfile(
  { playwright, launchOptions, baseURL }: Given,
  use: (page: Page, context: BrowserContext) => Promise<void>,
  preferences: object = {},
): Promise<void> {
  const profile = await mkdtemp(join(tmpdir(), 'hearth-e2e-'));
  await mkdir(join(profile, 'Default'));
  await writeFile(join(profile, 'Default', 'Preferences'), JSON.stringify(preferences));
  const context = await playwright.chromium.launchPersistentContext(profile, { ...launchOptions, baseURL });
  try {
    const [page] = context.pages();
    if (!page) throw new Error('a persistent context opens with a page');
    await use(page, context);
  } finally {
    await context.close();
    await rm(profile, { recursive: true });
  }
}
